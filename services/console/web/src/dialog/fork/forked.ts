import type { DomainEvent } from '@dialog/contracts/domain-event';
import type { DialogSettings } from '@dialog/contracts/settings';
import type { Pinned } from '@dialog/domain/replay';
import { initialDialog } from '@dialog/domain/state';
import { type Change, type WhatIf, whatIf } from '@dialog/domain/what-if';
import type { Doubt } from '@dialog/domain/what-if/doubt';
import type { ForkedAppend } from '@dialog/domain/what-if/fork';
import { parsePinned, type Script } from '@dialog/script/parse';
import type { StoredEvent } from '../../../../src/api/schemas.ts';
import { extend, type Step } from '../history.ts';
import type { PinnedAll } from '../pins.ts';

export type Forked = {
  readonly result: WhatIf;
  /** From the fork on, as recorded and as forked. */
  readonly recorded: readonly Step[];
  readonly forked: readonly Step[];
  /** By revision of the fork: what it is known of its input. */
  readonly about: ReadonlyMap<number, { readonly origin: ForkedAppend['origin']; readonly doubt: Doubt | null }>;
  /** Time of the first difference, ms; null: none. */
  readonly differsFrom: number | null;
};

/** What a history pins, compiled once. */
export const pinnedOf = (all: PinnedAll): Pinned => {
  const scripts = new Map<string, Script | undefined>();
  return {
    script: (hash) => {
      if (!scripts.has(hash)) {
        const source = all.scripts[hash]?.source;
        const parsed = source === undefined ? undefined : parsePinned(source);
        scripts.set(hash, parsed?.ok ? parsed.script : undefined);
      }
      return scripts.get(hash);
    },
    settings: (hash): DialogSettings | undefined => all.settings[hash],
  };
};

/** Decides a history again from an event on, and lays both side by side. Pure: there is nothing here that could ask anybody. */
export const fork = (history: readonly Step[], at: number, pinned: Pinned, change: Change): Forked => {
  const events = history.map(({ event }) => event as DomainEvent);
  const result = whatIf(events, at, pinned, change);
  const before = history.slice(0, result.from);
  const first = (before.at(-1)?.event.revision ?? -1) + 1;
  const about = new Map<number, { origin: ForkedAppend['origin']; doubt: Doubt | null }>();
  const stored: StoredEvent[] = [];
  for (const { events: appended, at: time, origin, doubt } of result.appends) {
    for (const { type, data, metadata } of appended) {
      const revision = first + stored.length;
      about.set(revision, { origin, doubt });
      stored.push({ revision, id: `fork-${revision}`, type, recordedAt: time, data, metadata });
    }
  }
  return {
    result,
    recorded: history.slice(result.from),
    forked: extend([], stored, before.at(-1)?.state ?? initialDialog),
    about,
    differsFrom: result.divergedAt === null ? null : (result.appends[result.divergedAt]?.at ?? null),
  };
};
