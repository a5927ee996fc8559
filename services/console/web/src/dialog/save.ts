import type { DomainEvent } from '@dialog/contracts/domain-event';
import type { HistoryFile } from '@dialog/contracts/history-file';
import { accountIdSchema, chatIdSchema } from '@dialog/contracts/ids';
import { erasePersonal } from '@dialog/domain/erase-personal';
import type { Step } from './history.ts';
import type { PinnedAll } from './pins.ts';

type Saved = {
  readonly account: string;
  readonly chatId: string;
  readonly history: readonly Step[];
  readonly pinned: PinnedAll;
  readonly savedAt: number;
  readonly erased: boolean;
};

/** A history as a file that folds, replays and forks anywhere. */
export const historyFile = ({ account, chatId, history, pinned, savedAt, erased }: Saved): HistoryFile => ({
  format: 'dialog-history/1',
  dialog: { account: accountIdSchema.parse(account), chatId: chatIdSchema.parse(chatId) },
  savedAt,
  erased,
  events: history.map(({ event }) => (erased ? withoutPersonal(event) : event)),
  scripts: Object.fromEntries(
    Object.entries(pinned.scripts).map(([hash, { source, personal }]) => [hash, { source, personal: personal && [...personal] }]),
  ),
  settings: { ...pinned.settings },
});

/** Its id is a digest of the data as it was, by which a number that was taken out could be guessed: the revision names the event instead. */
const withoutPersonal = (event: Step['event']): Step['event'] => ({
  ...(erasePersonal(event as DomainEvent) as Step['event']),
  id: String(event.revision),
});

/** Hands a text to the browser as a download. */
export const saveAs = (name: string, text: string): void => {
  const address = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The download has its own hold on the data once it began.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
};
