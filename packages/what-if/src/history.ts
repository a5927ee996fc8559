import type { DomainEvent } from '@dialog/contracts/domain-event';
import type { DialogSettings } from '@dialog/contracts/settings';
import type { RecordedDialog } from '@dialog/domain/what-if/one';
import { parsePinned, type Script } from '@dialog/script/parse';

/** A chat by its account and id. */
export type DialogRef = { readonly account: string; readonly chatId: string };

/** A recorded dialog with what it pins: from a store, or out of a file. */
export type History = {
  readonly dialog: DialogRef;
  /** Personal data was taken out: it folds to the same states, but is not the script's input any more. */
  readonly erased: boolean;
  readonly events: readonly { readonly revision: number; readonly type: string; readonly data: unknown }[];
  /** Sources and settings by hash. */
  readonly scripts: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, DialogSettings>>;
};

/** Compiles each version once, however many dialogs it decided. */
export const compiledScripts = (): ((source: string) => Script | undefined) => {
  const compiled = new Map<string, Script | undefined>();
  return (source) => {
    if (!compiled.has(source)) {
      const parsed = parsePinned(source);
      compiled.set(source, parsed.ok ? parsed.script : undefined);
    }
    return compiled.get(source);
  };
};

export const recordedDialog = (history: History, compile: (source: string) => Script | undefined): RecordedDialog => ({
  events: history.events as readonly unknown[] as readonly DomainEvent[],
  revisions: history.events.map(({ revision }) => revision),
  pinned: {
    script: (hash) => {
      const source = history.scripts[hash];
      return source === undefined ? undefined : compile(source);
    },
    settings: (hash) => history.settings[hash],
  },
});
