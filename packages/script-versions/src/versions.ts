import { createHash } from 'node:crypto';
import type { ScriptPublished } from '@dialog/contracts/account-event';
import { accountStream, scriptStream } from '@dialog/contracts/ids';
import { pinEventSchemas } from '@dialog/contracts/pin-event';
import type { EventStore } from '@dialog/event-store/port';
import { registerOnce } from '@dialog/event-store/register-once';
import { type AccountEvent, type AccountHistory, accountEventOf, appendToAccount } from './account-stream.ts';

const pageSize = 500;

/** A version's name: the first 32 hex digits of the SHA-256 of its source. */
export const scriptHash = (source: string): string => createHash('sha256').update(source).digest('hex').slice(0, 32);

/** Keeps a source under its hash, where histories find it. Repeated without harm. @throws EventStoreError */
const registerScript = async (store: EventStore, source: string): Promise<string> => {
  const script = scriptHash(source);
  await registerOnce(store, scriptStream(script), { type: 'ScriptRegistered', data: { source } });
  return script;
};

/** @returns undefined where no such version is kept. @throws EventStoreError */
export const scriptSource = async (store: EventStore, script: string): Promise<string | undefined> => {
  const [event] = await store.read(scriptStream(script), { from: 'start', maxCount: 1 });
  return pinEventSchemas.ScriptRegistered.safeParse(event?.data).data?.source;
};

const publications = (history: AccountHistory): readonly ScriptPublished[] =>
  history.events.flatMap((event) => (event.type === 'ScriptPublished' ? [event.data] : []));

/** What new chats take; undefined: nothing was published yet. */
export const currentOf = (history: AccountHistory): ScriptPublished | undefined => publications(history).at(-1);

type BotStop = Extract<AccountEvent, { type: 'BotStopped' }>['data'];
/** Who stopped the bot: for the whole account, and for which versions of the script. */
export type BotStops = { readonly account: BotStop | undefined; readonly scripts: ReadonlyMap<string, BotStop> };

export const botStopsOf = (history: AccountHistory): BotStops => {
  let account: BotStop | undefined;
  const scripts = new Map<string, BotStop>();
  for (const { type, data } of history.events) {
    if (type === 'BotStopped') {
      if (data.script === undefined) account = data;
      else scripts.set(data.script, data);
    } else if (type === 'BotStarted') {
      if (data.script === undefined) account = undefined;
      else scripts.delete(data.script);
    }
  }
  return { account, scripts };
};

/** An operator's word: stop or start. @returns false: it was so before. @throws EventStoreError */
export const switchBot = async (
  store: EventStore,
  account: string,
  event: Extract<AccountEvent, { type: 'BotStopped' | 'BotStarted' }>,
): Promise<boolean> => {
  const written = await appendToAccount(store, account, (history) => {
    const stops = botStopsOf(history);
    const isStopped = (event.data.script === undefined ? stops.account : stops.scripts.get(event.data.script)) !== undefined;
    return isStopped === (event.type === 'BotStopped') ? null : event;
  });
  return written !== null;
};

export type Publication = Omit<ScriptPublished, 'source' | 'script'>;

/** An operator's word: it counts at once, whatever was before. The source is kept first. @throws EventStoreError */
export const publishScript = async (
  store: EventStore,
  account: string,
  source: string,
  publication: Publication,
): Promise<ScriptPublished> => {
  const script = await registerScript(store, source);
  const data: ScriptPublished = { ...publication, script, source: 'command' };
  await appendToAccount(store, account, () => ({ type: 'ScriptPublished', data }));
  await keepPublished(store, source);
  return data;
};

/**
 * The account's file, at the start or when it changed. It publishes itself only where its content is another than when it last did: so a
 * restart does not undo what was published by command, and of several processes with the same file one publishes. Content that it published last and
 * that errors stood in for meanwhile is no news but that they are gone. @returns whether it was published now. @throws EventStoreError
 */
export const publishFile = async (store: EventStore, account: string, source: string, publication: Publication): Promise<boolean> => {
  const script = await registerScript(store, source);
  const published = await appendToAccount(store, account, (history) => {
    const last = publications(history).findLast((one) => one.source === 'file');
    if (last?.script !== script) return { type: 'ScriptPublished', data: { ...publication, script, source: 'file' } };
    return fileRefusalOf(history) === undefined ? null : { type: 'ScriptFileMended', data: { script, at: publication.at } };
  });
  if (published?.type !== 'ScriptPublished') return false;
  await keepPublished(store, source);
  return true;
};

/** A removal that had begun before the publication may have taken its source away since: whichever of the two ends last has put it back. */
const keepPublished = registerScript;

type Refusal = Extract<AccountEvent, { type: 'ScriptRefused' }>['data'];

/** Why the account's file as it was read last does not count; undefined: it has no errors. What is published by command says nothing of the file. */
export const fileRefusalOf = (history: AccountHistory): Refusal | undefined => {
  const last = history.events.findLast(
    ({ type, data }) => type === 'ScriptRefused' || type === 'ScriptFileMended' || (type === 'ScriptPublished' && data.source === 'file'),
  );
  return last?.type === 'ScriptRefused' ? last.data : undefined;
};

/** Recorded once for each content that is refused. @throws EventStoreError */
export const recordRefusal = async (store: EventStore, account: string, refusal: Refusal): Promise<void> => {
  await appendToAccount(store, account, (history) =>
    fileRefusalOf(history)?.script === refusal.script ? null : { type: 'ScriptRefused', data: refusal },
  );
};

/**
 * Forgets a version that nothing refers to: the caller has seen to it that no history does. A published one is refused; one that somebody
 * publishes meanwhile gets its source back. @returns false: it is what new chats take
 * @throws EventStoreError
 */
export const removeScript = async (
  store: EventStore,
  account: string,
  removal: Extract<AccountEvent, { type: 'ScriptRemoved' }>['data'],
): Promise<boolean> => {
  const removed = await appendToAccount(store, account, (history) =>
    currentOf(history)?.script === removal.script ? null : { type: 'ScriptRemoved', data: removal },
  );
  if (removed === null) return false;
  const source = await scriptSource(store, removal.script);
  await store.deleteStream(scriptStream(removal.script));
  if (source === undefined || !(await isPublished(store, removal.script))) return true;
  await registerScript(store, source);
  return false;
};

/** Whether an account takes it, or has published it since it was last removed: chats may have begun with it. */
const isPublished = async (store: EventStore, script: string): Promise<boolean> => {
  const current = new Map<string, string>();
  let sinceRemoval = false;
  for (let after = 'start'; ; ) {
    const page = await store.readAll({ after, maxCount: pageSize, streamPrefixes: [accountStream('')] });
    for (const recorded of page) {
      const event = accountEventOf(recorded);
      if (event?.type === 'ScriptPublished') current.set(recorded.stream, event.data.script);
      if (event?.type === 'ScriptPublished' && event.data.script === script) sinceRemoval = true;
      if (event?.type === 'ScriptRemoved' && event.data.script === script) sinceRemoval = false;
    }
    if (page.length < pageSize) return sinceRemoval || [...current.values()].includes(script);
    after = page.at(-1)?.position ?? after;
  }
};
