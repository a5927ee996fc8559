import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { SessionProvider } from './access/session.tsx';
import { App } from './app.tsx';
import { LagProvider } from './lag/lag-now.tsx';
import { LiveProvider } from './live.tsx';
import { NamesProvider } from './names.tsx';
import { TextsProvider } from './texts/context.tsx';

// The page's policy lets no code be made of text, and zod, which comes with the later parts, would try.
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no root');
createRoot(root).render(
  <StrictMode>
    <TextsProvider>
      <SessionProvider>
        <LiveProvider>
          <LagProvider>
            <NamesProvider>
              <App />
            </NamesProvider>
          </LagProvider>
        </LiveProvider>
      </SessionProvider>
    </TextsProvider>
  </StrictMode>,
);
