import { createHash } from 'node:crypto';
import type { AccountConfig, Accounts } from '@dialog/contracts/account';
import { scriptStream, settingsStream } from '@dialog/contracts/ids';
import { type DialogSettings, dialogSettingsSchema } from '@dialog/contracts/settings';
import { canonical } from '@dialog/domain/state-hash';
import { type EventStore, EventStoreError } from '@dialog/event-store/port';
import { parseScript, type Script } from '@dialog/script/parse';
import { derivedEventId } from './event-ids.ts';

/** Scripts and settings as streams pinned by hash: what a history refers to, kept where the history is. */
export type Pins = {
  /** Registers every account's script and settings. @throws where a script has errors: name, line and column. */
  readonly registerAll: (readText: (account: AccountConfig) => Promise<string>) => Promise<void>;
  /** The account's newest; undefined where the account is not configured. */
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
};

export const contentHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

export const pins = ({ store, accounts }: { store: EventStore; accounts: Accounts }): Pins => {
  const scripts = new Map<string, Script>();
  const settings = new Map<string, DialogSettings>();
  const current = new Map<string, CurrentPins>();

  const register = async (stream: string, type: string, data: unknown): Promise<void> => {
    const id = derivedEventId(stream, 0, type, JSON.stringify(data));
    try {
      await store.append(stream, [{ id, type, data, metadata: { schemaVersion: 1 } }], 'no_stream');
    } catch (error) {
      // The name is the content's hash: whoever was first wrote the same.
      if (!(error instanceof EventStoreError && error.code === 'wrong_expected_revision')) throw error;
    }
  };

  const first = async (stream: string): Promise<Record<string, unknown>> => {
    const [event] = await store.read(stream, { from: 'start', maxCount: 1 });
    if (event === undefined) throw new Error(`the stream ${stream} is missing`);
    return event.data as Record<string, unknown>;
  };

  return {
    registerAll: async (readText) => {
      for (const account of accounts.all()) {
        const text = await readText(account);
        const scriptHash = contentHash(text);
        const script = compile(text, account.scriptFile);
        const settingsHash = contentHash(canonical(account.settings));
        await register(scriptStream(scriptHash), 'ScriptRegistered', { source: text });
        await register(settingsStream(settingsHash), 'SettingsRegistered', { settings: account.settings });
        scripts.set(scriptHash, script);
        settings.set(settingsHash, account.settings);
        current.set(account.id, { settings: account.settings, settingsHash, script, scriptHash });
      }
    },
    current: (account) => current.get(account),
    script: async (hash) => {
      const known = scripts.get(hash);
      if (known !== undefined) return known;
      const { source } = await first(scriptStream(hash));
      const script = compile(String(source), scriptStream(hash));
      scripts.set(hash, script);
      return script;
    },
    settings: async (hash) => {
      const known = settings.get(hash);
      if (known !== undefined) return known;
      const parsed = dialogSettingsSchema.parse((await first(settingsStream(hash)))['settings']);
      settings.set(hash, parsed);
      return parsed;
    },
  };
};

const compile = (text: string, name: string): Script => {
  const parsed = parseScript(text);
  if (parsed.ok) return parsed.script;
  const findings = parsed.findings.map((finding) => `${name}:${finding.position.line}:${finding.position.column} ${finding.message}`);
  throw new Error(`the script has errors:\n${findings.join('\n')}`);
};
