import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { LagProvider } from './lag/lag-now.tsx';
import { LiveProvider } from './live.tsx';
import { TextsProvider } from './texts/context.tsx';

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no root');
createRoot(root).render(
  <StrictMode>
    <TextsProvider>
      <LiveProvider>
        <LagProvider>
          <App />
        </LagProvider>
      </LiveProvider>
    </TextsProvider>
  </StrictMode>,
);
