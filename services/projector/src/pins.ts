import { readFile, stat } from 'node:fs/promises';
import type { AccountConfig, Accounts } from '@dialog/contracts/account';
import type { Clock } from '@dialog/contracts/clock';
import { isRetryable } from '@dialog/contracts/errors';
import { accountStream, scriptStream, settingsStream } from '@dialog/contracts/ids';
import { pinEventSchemas } from '@dialog/contracts/pin-event';
import type { DialogSettings } from '@dialog/contracts/settings';
import { canonical } from '@dialog/domain/state-hash';
import type { EventStore } from '@dialog/event-store/port';
import { registerOnce } from '@dialog/event-store/register-once';
import { type ParsedScript, parsePinned, parseScript, type Script } from '@dialog/script/parse';
import { accountEventOf, readAccount } from '@dialog/script-versions/account-stream';
import {
  type BotStops,
  botStopsOf,
  currentOf,
  publishFile,
  recordRefusal,
  scriptHash,
  scriptSource,
} from '@dialog/script-versions/versions';
import type { Insist } from '@dialog/service-kit/until-it-works';
import type { Logger } from 'pino';

/** Scripts and settings as streams pinned by hash: what a history refers to, kept where the history is. */
export type Pins = {
  /**
   * Registers every account's settings, publishes its script's file where that changed, and takes what is published.
   * @throws Error where a file has errors and nothing was published before: name, line and column; EventStoreError
   */
  readonly registerAll: () => Promise<void>;
  /**
   * Follows what is published, by whichever process, and publishes a file that changes; one with errors is refused, and what was
   * published goes on. Until the signal.
   */
  readonly follow: (options: { readonly signal: AbortSignal; readonly retry: Insist }) => Promise<void>;
  /** What new chats of the account take; undefined where it is not configured. */
  readonly current: (account: string) => CurrentPins | undefined;
  /** @throws EventStoreError; @throws Error where the stream is missing or does not parse: then the dialog is parked. */
  readonly script: (hash: string) => Promise<Script>;
  readonly settings: (hash: string) => Promise<DialogSettings>;
};

export type CurrentPins = {
  readonly settings: DialogSettings;
  readonly settingsHash: string;
  readonly script: Script;
  readonly scriptHash: string;
  /** What of the bot operators stopped, and the settings that say so: they are what such a dialog pins. */
  readonly stops: BotStops;
  readonly stoppedSettings: DialogSettings;
  readonly stoppedSettingsHash: string;
};

/** The settings in force for a dialog of this version of the script. */
export const settingsFor = (pins: CurrentPins, scriptHash: string): Pick<CurrentPins, 'settings' | 'settingsHash'> =>
  pins.stops.account !== undefined || pins.stops.scripts.has(scriptHash)
    ? { settings: pins.stoppedSettings, settingsHash: pins.stoppedSettingsHash }
    : pins;

export type PinsOptions = {
  readonly store: EventStore;
  readonly accounts: Accounts;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** How often the scripts' files are looked at. */
const watchPauseMs = 2_000;
/** Who publishes a file: no person. */
const fileBy = 'engine';

export const pins = ({ store, accounts, clock, logger }: PinsOptions): Pins => {
  const { script, settings } = pinned(store);
  const current = new Map<string, CurrentPins>();
  /** Revision of each account's stream that `current` stands for. */
  const known = new Map<string, number>();

  const registerSettings = async (value: DialogSettings): Promise<string> => {
    const hash = contentHash(canonical(value));
    await registerOnce(store, settingsStream(hash), { type: 'SettingsRegistered', data: { settings: value } });
    return hash;
  };

  /** @returns whether the file is published, now or before; false: it was refused. */
  const offerFile = async (account: AccountConfig, source: string): Promise<boolean> => {
    const parsed = parseScript(source);
    if (parsed.ok) {
      const publication = { bot: parsed.script.name, by: fileBy, at: clock.now() };
      if (await publishFile(store, account.id, source, publication)) logger.info({ event: 'script_published', account: account.id });
      return true;
    }
    if (currentOf(await readAccount(store, account.id)) === undefined) throw new Error(errorsOf(parsed, account.scriptFile));
    const errors = parsed.findings.map(({ rule, position }) => ({ rule, ...position })).slice(0, 100);
    logger.error({ event: 'script_refused', account: account.id, errors });
    await recordRefusal(store, account.id, { script: scriptHash(source), errors, at: clock.now() });
    return false;
  };

  const takeCurrent = async (account: AccountConfig, settingsHash: string): Promise<void> => {
    const history = await readAccount(store, account.id);
    const published = currentOf(history);
    if (published === undefined || history.revision === 'no_stream') return;
    const stops = botStopsOf(history);
    const stoppedSettings: DialogSettings = { ...account.settings, botStopped: true };
    // Kept before the first input that pins them.
    if (stops.account !== undefined || stops.scripts.size > 0) await registerSettings(stoppedSettings);
    const before = current.get(account.id);
    known.set(account.id, history.revision);
    try {
      current.set(account.id, {
        settings: account.settings,
        settingsHash,
        stops,
        stoppedSettings,
        stoppedSettingsHash: contentHash(canonical(stoppedSettings)),
        script: await script(published.script),
        scriptHash: published.script,
      });
    } catch (error) {
      // Published by a process that knows more of the format, or removed behind our back: what was before goes on.
      if (before === undefined || isRetryable(error)) throw error;
      logger.error({ event: 'published_script_unusable', account: account.id, script: published.script });
    }
  };

  const followPublications = async (signal: AbortSignal, retry: Insist): Promise<void> => {
    for await (const event of store.subscribe({ after: 'start', streamPrefixes: [accountStream('')], signal })) {
      const account = accounts.get(event.stream.slice(accountStream('').length));
      if (account === undefined || event.revision <= (known.get(account.id) ?? -1)) continue;
      const type = accountEventOf(event)?.type;
      if (type !== 'ScriptPublished' && type !== 'BotStopped' && type !== 'BotStarted') continue;
      await retry('script', () => takeCurrent(account, contentHash(canonical(account.settings))));
    }
  };

  const watchFiles = async (signal: AbortSignal, retry: Insist): Promise<void> => {
    const seen = new Map<string, string>();
    while (!signal.aborted) {
      for (const account of accounts.all()) {
        const version = await fileVersion(account.scriptFile);
        if (version === undefined || version === seen.get(account.id)) continue;
        const source = await readFile(account.scriptFile, 'utf8').catch(() => undefined);
        if (source === undefined) continue;
        await retry('script', () => offerFile(account, source));
        seen.set(account.id, version);
      }
      await clock.sleep(watchPauseMs, signal);
    }
  };

  return {
    registerAll: async () => {
      for (const account of accounts.all()) {
        const settingsHash = await registerSettings(account.settings);
        await offerFile(account, await readFile(account.scriptFile, 'utf8'));
        await takeCurrent(account, settingsHash);
      }
    },
    follow: async ({ signal, retry }) => {
      await Promise.all([followPublications(signal, retry), watchFiles(signal, retry)]).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    },
    current: (account) => current.get(account),
    script,
    settings,
  };
};

/** What a history names by hash, read from its stream once. */
export const pinned = (store: EventStore): Pick<Pins, 'script' | 'settings'> => {
  const scripts = new Map<string, Script>();
  const settings = new Map<string, DialogSettings>();
  return {
    script: async (hash) => {
      const compiled = scripts.get(hash);
      if (compiled !== undefined) return compiled;
      const source = await scriptSource(store, hash);
      if (source === undefined) throw new Error(`the stream ${scriptStream(hash)} is missing`);
      const parsed = parsePinned(source);
      if (!parsed.ok) throw new Error(errorsOf(parsed, scriptStream(hash)));
      scripts.set(hash, parsed.script);
      return parsed.script;
    },
    settings: async (hash) => {
      const known = settings.get(hash);
      if (known !== undefined) return known;
      const [event] = await store.read(settingsStream(hash), { from: 'start', maxCount: 1 });
      if (event === undefined) throw new Error(`the stream ${settingsStream(hash)} is missing`);
      const { settings: registered } = pinEventSchemas.SettingsRegistered.parse(event.data);
      settings.set(hash, registered);
      return registered;
    },
  };
};

const contentHash = scriptHash;

/** Changes whenever the content may have; undefined: no file there now. */
const fileVersion = async (file: string): Promise<string | undefined> => {
  try {
    const { mtimeMs, size, ino } = await stat(file);
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    return undefined;
  }
};

const errorsOf = (parsed: Pick<Extract<ParsedScript, { ok: false }>, 'findings'>, name: string): string => {
  const lines = parsed.findings.map(({ position, message }) => `${name}:${position.line}:${position.column} ${message}`);
  return `the script has errors:\n${lines.join('\n')}`;
};
