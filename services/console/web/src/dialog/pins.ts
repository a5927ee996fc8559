import type { DialogSettings } from '@dialog/contracts/settings';
import { useEffect, useMemo, useState } from 'react';
import type { Step } from './history.ts';

/** A script as the history pins it. */
export type PinnedScript = {
  readonly source: string;
  /** Names of its variables marked `pii`; null: it can't be read any more. */
  readonly personal: readonly string[] | null;
};

/** What a history refers to by hash: without it it can be shown, but not decided again. */
export type PinnedAll = {
  readonly scripts: Readonly<Record<string, PinnedScript>>;
  readonly settings: Readonly<Record<string, DialogSettings>>;
};

/** Names of variables that are not to be shown. `all`: which ones is not known (yet). */
export type Personal = ReadonlySet<string> | 'all';
export type Pins = { readonly state: 'loading' | 'there' | 'missing'; readonly all: PinnedAll; readonly personal: Personal };

export type PinLoader = {
  /** @returns undefined where there is none. */
  readonly script: (hash: string, signal: AbortSignal) => Promise<PinnedScript | undefined>;
  readonly settings: (hash: string, signal: AbortSignal) => Promise<DialogSettings | undefined>;
};

/** `visitor`: what Webim knows of the person, which a script reads as `visitor.*`. */
export const isPersonal = (name: string, personal: Personal): boolean => name === 'visitor' || personal === 'all' || personal.has(name);

/** A value for the eye: what stands under the name of a personal variable in `variables` or `read`, and a visitor's fields, are left out. */
export const masked = (value: unknown, personal: Personal, instead: string): unknown => {
  const hide = (values: object): object =>
    Object.fromEntries(Object.entries(values).map(([name, of]) => [name, isPersonal(name.split('.')[0] ?? name, personal) ? instead : of]));
  const walk = (one: unknown): unknown => {
    if (one === null || typeof one !== 'object') return one;
    if ('toJSON' in one && typeof one.toJSON === 'function') return one;
    if (Array.isArray(one)) return one.map(walk);
    return Object.fromEntries(
      Object.entries(one).map(([key, of]) => [
        key,
        typeof of !== 'object' || of === null
          ? of
          : key === 'variables' || key === 'read'
            ? hide(of)
            : isVisitorFields(key)
              ? instead
              : walk(of),
      ]),
    );
  };
  return walk(value);
};

/** In a webhook and in the state. */
const isVisitorFields = (key: string): boolean => key === 'fields' || key === 'visitorFields';

/** Hashes that a history pins, each once. */
export const hashesOf = (history: readonly Step[]): { readonly scripts: readonly string[]; readonly settings: readonly string[] } => {
  const scripts = new Set<string>();
  const settings = new Set<string>();
  for (const { event } of history) {
    if (event.type === 'DialogStarted') scripts.add(event.data.script);
    if (event.type !== 'InputRecorded') continue;
    settings.add(event.data.settings);
    if (event.data.script !== undefined) scripts.add(event.data.script);
  }
  return { scripts: [...scripts], settings: [...settings] };
};

const nothing: PinnedAll = { scripts: {}, settings: {} };

export const pinsOf = (all: PinnedAll, state: Pins['state']): Pins => ({ state, all, personal: personalOf(all, state) });

const personalOf = ({ scripts }: PinnedAll, state: Pins['state']): Personal => {
  const known = Object.values(scripts);
  if (state !== 'there' || known.some((script) => script.personal === null)) return 'all';
  return new Set(known.flatMap((script) => script.personal ?? []));
};

/** Loads what a history pins, once for each hash. */
export const usePins = (history: readonly Step[] | undefined, load: PinLoader): Pins => {
  const [pins, setPins] = useState<Pins>(() => pinsOf(nothing, 'loading'));
  const wanted = useMemo(() => {
    const { scripts, settings } = hashesOf(history ?? []);
    return JSON.stringify([scripts, settings]);
  }, [history]);
  useEffect(() => {
    const [scriptHashes, settingHashes] = JSON.parse(wanted) as [string[], string[]];
    if (scriptHashes.length + settingHashes.length === 0) return;
    const abort = new AbortController();
    const all = async <T>(
      hashes: readonly string[],
      one: (hash: string, signal: AbortSignal) => Promise<T | undefined>,
    ): Promise<Record<string, T>> => {
      const found: Record<string, T> = {};
      const ask = async (hash: string): Promise<void> => {
        const pin = await one(hash, abort.signal);
        if (pin !== undefined) found[hash] = pin;
      };
      await Promise.all(hashes.map(ask));
      return found;
    };
    Promise.all([all(scriptHashes, load.script), all(settingHashes, load.settings)]).then(
      ([foundScripts, foundSettings]) => {
        if (abort.signal.aborted) return;
        const whole =
          Object.keys(foundScripts).length === scriptHashes.length && Object.keys(foundSettings).length === settingHashes.length;
        setPins(pinsOf({ scripts: foundScripts, settings: foundSettings }, whole ? 'there' : 'missing'));
      },
      () => {
        if (!abort.signal.aborted) setPins(pinsOf(nothing, 'missing'));
      },
    );
    return () => abort.abort();
  }, [wanted, load]);
  return pins;
};
