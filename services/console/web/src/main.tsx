import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { LagProvider } from './lag/lag-now.tsx';
import { LiveProvider } from './live.tsx';
import { TextsProvider } from './texts/context.tsx';

// The page's policy lets no code be made of text, and zod, which comes with the later parts, would try.
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });

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
