import { useState } from 'react';
import type { DoctorReport } from '../../../src/api/doctor.ts';
import { useTexts } from '../texts/context.tsx';
import { word } from '../texts/texts.ts';

const tones: Readonly<Record<string, string>> = { done: 'good', wrong: 'bad', waiting: 'warn', by_hand: '' };

/** The address as it is to be pasted: without spaces, query and slash. Undefined: not one of this account. */
const addressOf = (given: string, account: string): string | undefined => {
  const address = given.trim().replace(/\?.*$/, '').replace(/\/+$/, '');
  return /^https?:\/\/[^\s/]+(\/[^\s]*)?\/hooks\/webim\/([a-z0-9_]+)\/[\w-]{20,}$/.exec(address)?.[2] === account ? address : undefined;
};

/** The steps in the order of Webim's forms; each ticks itself when what it asks for has come. The address has a token in it: it is kept nowhere. */
export const Guide = ({ account, steps }: { readonly account: string; readonly steps: DoctorReport['steps'] }) => {
  const { t, language } = useTexts();
  const [given, setGiven] = useState('');
  const address = addressOf(given, account);
  return (
    <article className="card section" aria-labelledby="guide-heading">
      <h2 id="guide-heading">{t.doctor.guide}</h2>
      <label className="address">
        {t.doctor.url}
        <input
          type="text"
          autoComplete="off"
          spellCheck={false}
          value={given}
          onChange={(event) => setGiven(event.target.value)}
          data-testid="address"
          aria-describedby="address-hint"
        />
      </label>
      <p className={given !== '' && address === undefined ? 'bad' : 'faint'} id="address-hint">
        {given !== '' && address === undefined ? t.doctor.urlWrong : t.doctor.urlHint}
      </p>
      <ol className="guide">
        {steps.map(({ step, state, title, how, urlSuffix }) => (
          <li key={step} data-testid={`step-${step}`} data-state={state}>
            <p>
              <strong>{title[language]}</strong> <span className={`badge ${tones[state]}`}>{word(t.doctor.state, state)}</span>
            </p>
            <p>{how[language]}</p>
            {urlSuffix === null || address === undefined ? null : <Copyable text={address + urlSuffix} />}
          </li>
        ))}
      </ol>
    </article>
  );
};

const Copyable = ({ text }: { readonly text: string }) => {
  const { t } = useTexts();
  const [copied, setCopied] = useState(false);
  return (
    <p className="copyable">
      <code data-testid="copyable">{text}</code>
      <button
        type="button"
        onClick={() => {
          navigator.clipboard.writeText(text).then(
            () => setCopied(true),
            () => setCopied(false),
          );
        }}
      >
        {copied ? t.doctor.copied : t.doctor.copy}
      </button>
    </p>
  );
};
