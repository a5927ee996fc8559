import type { RefObject } from 'react';
import { useTexts } from '../texts/context.tsx';
import { timeModes } from '../texts/replay.ts';
import type { Look } from './look.ts';
import { views } from './rows.ts';
import { categories } from './wording.ts';

type EventToolsProps = {
  readonly look: Look;
  readonly change: (part: Partial<Look>) => void;
  readonly search: RefObject<HTMLInputElement | null>;
};

/** How the events are shown: view, time, categories, words. */
export const EventTools = ({ look, change, search }: EventToolsProps) => {
  const { t } = useTexts();
  return (
    <div className="event-tools">
      <div className="segments" role="group" aria-label={t.replay.view.label}>
        {views.map((view) => (
          <button key={view} type="button" aria-pressed={look.view === view} onClick={() => change({ view })}>
            {t.replay.view[view]}
          </button>
        ))}
      </div>
      <select
        aria-label={t.replay.time.label}
        value={look.time}
        onChange={(event) => change({ time: timeModes.find((mode) => mode === event.target.value) ?? 'clock' })}
      >
        {timeModes.map((mode) => (
          <option key={mode} value={mode}>
            {t.replay.time[mode]}
          </option>
        ))}
      </select>
      <input
        ref={search}
        type="search"
        aria-label={t.replay.search}
        placeholder="/"
        value={look.words}
        onChange={(event) => change({ words: event.target.value })}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          change({ words: '' });
          event.currentTarget.blur();
        }}
      />
      <div className="chips" role="group" aria-label={t.replay.categories}>
        {categories.map((category) => {
          const on = look.only.includes(category);
          return (
            <button
              key={category}
              type="button"
              className={`chip chip-${category}`}
              aria-pressed={on}
              onClick={() => change({ only: on ? look.only.filter((one) => one !== category) : [...look.only, category] })}
            >
              <span className="event-mark" aria-hidden="true" />
              {t.replay.category[category]}
            </button>
          );
        })}
      </div>
    </div>
  );
};
