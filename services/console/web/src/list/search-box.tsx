import { useEffect, useRef, useState } from 'react';
import { useTexts } from '../texts/context.tsx';

const settledMs = 300;

/** Words to search for: taken on Enter, or once the typing rests. `/` comes here from anywhere on the page. */
export const SearchBox = ({ text, onSearch }: { readonly text: string; readonly onSearch: (text: string) => void }) => {
  const { t } = useTexts();
  const [typed, setTyped] = useState(text);
  const box = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const asked = useRef(text);
  // A filter chosen while the typing rests is not taken back by it.
  const newest = useRef(onSearch);
  newest.current = onSearch;

  useEffect(() => {
    // Ours comes back through the address too; only what a link or "back" put there moves the box.
    if (text === asked.current) return;
    asked.current = text;
    setTyped(text);
  }, [text]);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    const key = (event: KeyboardEvent): void => {
      const within = event.target instanceof HTMLElement ? event.target : undefined;
      const writes = within?.isContentEditable === true || /^(?:INPUT|TEXTAREA|SELECT)$/.test(within?.tagName ?? '');
      if (event.key !== '/' || writes || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      box.current?.focus();
      box.current?.select();
    };
    document.addEventListener('keydown', key);
    return () => document.removeEventListener('keydown', key);
  }, []);

  const search = (words: string): void => {
    clearTimeout(timer.current);
    if (words.trim() === asked.current) return;
    asked.current = words.trim();
    newest.current(asked.current);
  };
  const type = (words: string): void => {
    setTyped(words);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => search(words), settledMs);
  };
  return (
    <search className="search-box">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          search(typed);
        }}
      >
        <input
          ref={box}
          type="search"
          data-testid="search"
          aria-label={t.find.search}
          aria-describedby="search-hint"
          aria-keyshortcuts="/"
          placeholder={`${t.find.search}…`}
          maxLength={200}
          value={typed}
          onChange={(event) => type(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape' && typed === '') box.current?.blur();
          }}
        />
        <span aria-hidden="true" className="key wide-only">
          /
        </span>
      </form>
      <p id="search-hint" className="faint hint">
        {t.find.searchHint}
      </p>
    </search>
  );
};
