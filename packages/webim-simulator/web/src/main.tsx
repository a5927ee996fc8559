import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { DeskPane } from './desk-pane.tsx';
import './page.css';
import { useSnapshot } from './snapshot.ts';
import { browserLanguage, type Language, texts } from './texts.ts';
import { VisitorPane } from './visitor-pane.tsx';
import { WebimPane } from './webim-pane.tsx';

type Tab = 'visitor' | 'desk' | 'webim';

const Page = () => {
  const { snapshot, connected } = useSnapshot();
  const [language, setLanguage] = useState<Language>(browserLanguage);
  const [visitorId, setVisitorId] = useState<string>();
  const [tab, setTab] = useState<Tab>('visitor');
  const t = texts[language];
  document.documentElement.lang = language;
  document.title = t.title;
  const other: Language = language === 'ru' ? 'en' : 'ru';
  const chosen = visitorId ?? snapshot?.visitors.at(-1)?.id;
  return (
    <>
      <header className="top">
        <h1>{t.title}</h1>
        <nav className="tabs" aria-label={t.title}>
          {(['visitor', 'desk', 'webim'] as const).map((name) => (
            <button key={name} type="button" aria-pressed={tab === name} onClick={() => setTab(name)}>
              {t[name]}
            </button>
          ))}
        </nav>
        <button
          type="button"
          className="quiet"
          data-testid="lang-switch"
          onClick={() => {
            localStorage.setItem('language', other);
            setLanguage(other);
          }}
        >
          {other.toUpperCase()}
        </button>
      </header>
      {connected ? null : (
        <p className="lost" role="status">
          {t.lost}
        </p>
      )}
      <main data-tab={tab}>
        {snapshot === undefined ? null : (
          <>
            <VisitorPane snapshot={snapshot} t={t} visitorId={chosen} onVisitor={setVisitorId} />
            <DeskPane snapshot={snapshot} t={t} />
            <WebimPane snapshot={snapshot} t={t} />
          </>
        )}
      </main>
    </>
  );
};

const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <Page />
    </StrictMode>,
  );
}
