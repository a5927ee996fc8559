import { codeOf } from '@dialog/contracts/errors';
import { type AccountId, type ChatId, dialogStream, scriptStream, settingsStream } from '@dialog/contracts/ids';
import { type DialogSettings, dialogSettingsSchema } from '@dialog/contracts/settings';
import type { EventStore } from '@dialog/event-store/port';
import type { DialogRef, History } from './history.ts';

const pageSize = 1_000;

/** Reads histories with what they pin out of an event store; what is pinned is read once. It only reads. */
export const storedHistories = (store: Pick<EventStore, 'read'>): ((dialog: DialogRef) => Promise<History | undefined>) => {
  const pinned = new Map<string, Promise<unknown>>();
  const first = async (stream: string): Promise<unknown> => (await store.read(stream, { from: 'start', maxCount: 1 }))[0]?.data;
  const pin = (stream: string): Promise<unknown> => {
    const known = pinned.get(stream);
    if (known !== undefined) return known;
    const asked = first(stream);
    pinned.set(stream, asked);
    // What could not be read now may be there the next time.
    asked.then((data) => data === undefined && pinned.delete(stream)).catch(() => pinned.delete(stream));
    return asked;
  };

  return async ({ account, chatId }) => {
    const stream = dialogStream({ account: account as AccountId, chatId: chatId as ChatId });
    const events: History['events'][number][] = [];
    for (let from = 0; ; ) {
      const page = await store.read(stream, { from, maxCount: pageSize }).catch((error: unknown) => {
        // Deleted for good, and listed still.
        if (codeOf(error) !== 'stream_deleted') throw error;
        return [];
      });
      for (const { revision, type, data } of page) events.push({ revision, type, data });
      const last = page.at(-1);
      if (last === undefined || page.length < pageSize) break;
      from = last.revision + 1;
    }
    if (events.length === 0) return undefined;
    const scripts: Record<string, string> = {};
    const settings: Record<string, DialogSettings> = {};
    const hashes = hashesOf(events);
    for (const hash of hashes.scripts) {
      const { source } = ((await pin(scriptStream(hash))) ?? {}) as { source?: unknown };
      if (typeof source === 'string') scripts[hash] = source;
    }
    for (const hash of hashes.settings) {
      const found = dialogSettingsSchema.safeParse(((await pin(settingsStream(hash))) as { settings?: unknown } | undefined)?.settings);
      if (found.success) settings[hash] = found.data;
    }
    return { dialog: { account, chatId }, erased: false, events, scripts, settings };
  };
};

/** What a history names by hash. */
const hashesOf = (events: History['events']): { readonly scripts: ReadonlySet<string>; readonly settings: ReadonlySet<string> } => {
  const scripts = new Set<string>();
  const settings = new Set<string>();
  for (const { type, data } of events) {
    if (type !== 'InputRecorded' && type !== 'DialogStarted') continue;
    const { script, settings: hash } = data as { script?: unknown; settings?: unknown };
    if (typeof script === 'string') scripts.add(script);
    if (type === 'InputRecorded' && typeof hash === 'string') settings.add(hash);
  }
  return { scripts, settings };
};
