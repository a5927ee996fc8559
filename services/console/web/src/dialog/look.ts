import { type TimeMode, timeModes } from '../texts/replay.ts';
import { type View, views } from './rows.ts';
import { type Category, categories } from './wording.ts';

/** Where one is in a history and how one looks at it; all of it stands in the address. */
export type Look = {
  /** undefined: the newest event, followed as more come. */
  readonly revision: number | undefined;
  readonly view: View;
  readonly time: TimeMode;
  readonly only: readonly Category[];
  readonly words: string;
  /** Only what the event changed. */
  readonly changes: boolean;
  /** The revision from which one asks "what if". */
  readonly fork: number | undefined;
  /** The script as a picture stands under the panes. */
  readonly picture: boolean;
};

const whole = (text: string | null): number | undefined => (text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined);

export const parseLook = (query: URLSearchParams): Look => ({
  revision: whole(query.get('rev')),
  view: views.find((view) => view === query.get('view')) ?? 'all',
  time: timeModes.find((mode) => mode === query.get('time')) ?? 'clock',
  only: categories.filter((category) => (query.get('only') ?? '').split(',').includes(category)),
  words: (query.get('q') ?? '').slice(0, 200),
  changes: query.get('d') === '1',
  fork: whole(query.get('fork')),
  picture: query.get('picture') === '1',
});

export const lookQuery = ({ revision, view, time, only, words, changes, fork, picture }: Look): string => {
  const query = new URLSearchParams();
  if (revision !== undefined) query.set('rev', String(revision));
  if (view !== 'all') query.set('view', view);
  if (time !== 'clock') query.set('time', time);
  if (only.length > 0) query.set('only', only.join(','));
  if (words !== '') query.set('q', words);
  if (changes) query.set('d', '1');
  if (fork !== undefined) query.set('fork', String(fork));
  if (picture) query.set('picture', '1');
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
};
