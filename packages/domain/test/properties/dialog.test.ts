import type { DomainEvent } from '@dialog/contracts/domain-event';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { earliestDeadline } from '../../src/deadlines.ts';
import { erasePersonal } from '../../src/erase-personal.ts';
import { fold } from '../../src/evolve.ts';
import { inFlight, initialDialog } from '../../src/state.ts';
import { canonical, canonicalState, stateHash } from '../../src/state-hash.ts';
import { broken } from '../kit/invariants.ts';
import { type Life, live, move, options } from '../kit/moves.ts';

const moves = fc.array(move, { minLength: 1, maxLength: 60, size: 'max' });
const runs = { numRuns: 300 };

const always = (holds: (life: Life) => void) =>
  fc.assert(
    fc.property(options, moves, (given, happens) => holds(live(given, happens))),
    runs,
  );

describe('whatever happens to a dialog', () => {
  it('its invariants hold after every append', () => {
    fc.assert(
      fc.property(options, moves, (given, happens) => {
        live(given, happens, ({ dialog }) => expect(broken(dialog)).toEqual([]));
      }),
      { numRuns: 1_000 },
    );
  });

  it('the fold is total and deterministic, and the same from what a store gives back', () => {
    always(({ dialog }) => {
      const stored = JSON.parse(JSON.stringify(dialog.stream())) as DomainEvent[];
      expect(canonicalState(fold(stored, initialDialog))).toBe(canonicalState(dialog.state()));
    });
  });

  it('an event that the fold does not know changes nothing', () => {
    always(({ dialog }) => {
      const unknown = { type: 'SomethingOfTomorrow', data: {} } as unknown as DomainEvent;
      const between = dialog.stream().flatMap((event) => [event, unknown]);
      expect(stateHash(fold(between, initialDialog))).toBe(stateHash(dialog.state()));
    });
  });

  it('the inputs read from the stream, decided again, give that very stream', () => {
    always(({ dialog }) => {
      const again = dialog.replayed();
      expect(again.gap).toBeNull();
      expect(canonical(again.events)).toBe(canonical(dialog.stream()));
      expect(stateHash(again.state)).toBe(stateHash(dialog.state()));
    });
  });

  it('stopped at its very first record, drained and released: its invariants hold, it replays and folds alike without personal data', () => {
    fc.assert(
      fc.property(options, moves, fc.nat(6), (given, happens, drained) => {
        const { dialog } = live(given, [{ kind: 'poison', begins: true, drained }, ...happens], ({ dialog }) =>
          expect(broken(dialog)).toEqual([]),
        );
        const again = dialog.replayed();
        expect(again.gap).toBeNull();
        expect(canonical(again.events)).toBe(canonical(dialog.stream()));
        expect(stateHash(fold(dialog.stream().map(erasePersonal), initialDialog))).toBe(stateHash(dialog.state()));
      }),
      runs,
    );
  });

  it('a group reset: every input delivered again, in order and as a whole, appends nothing and changes nothing', () => {
    always(({ dialog, taken }) => {
      const before = [dialog.stream().length, stateHash(dialog.state())];
      dialog.passes(3_600_000);
      for (const { input } of taken) dialog.take(input);
      expect([dialog.stream().length, stateHash(dialog.state())]).toEqual(before);
    });
  });

  it('re-batched: each input repeated at once, or the last few again, gives the same stream', () => {
    fc.assert(
      fc.property(options, moves, fc.integer({ min: 1, max: 6 }), (given, happens, batch) => {
        const once = live(given, happens).dialog.stream();
        const rebatched = live(given, happens, ({ dialog, taken }) => {
          const length = dialog.stream().length;
          for (const { input } of taken.slice(-batch)) dialog.take(input);
          expect(dialog.stream().length).toBe(length);
        }).dialog.stream();
        expect(canonical(rebatched)).toBe(canonical(once));
      }),
      runs,
    );
  });

  it('a state folded from a prefix goes on as the one that never left memory', () => {
    always(({ dialog }) => {
      const events = dialog.stream();
      for (const cut of [0, Math.floor(events.length / 2), events.length]) {
        const snapshot = fold(events.slice(0, cut), initialDialog);
        expect(stateHash(fold(events.slice(cut), snapshot))).toBe(stateHash(dialog.state()));
      }
    });
  });

  it('with all personal fields erased the state hash is the same', () => {
    always(({ dialog }) => {
      const erased = fold(dialog.stream().map(erasePersonal), initialDialog);
      expect(stateHash(erased)).toBe(stateHash(dialog.state()));
    });
  });

  it('every opened effect is settled in the end, where Webim answers and deadlines are met', () => {
    always(({ dialog }) => {
      const state = () => dialog.state();
      for (let step = 0; step < 300; step++) {
        const now = state();
        if (now.status !== 'live' || now.effects.length === 0) return;
        if (now.parked) dialog.released();
        else if (inFlight(now) !== undefined) dialog.answer('accepted');
        else if (earliestDeadline(now) !== undefined) dialog.untilDeadline();
        expect(broken(dialog)).toEqual([]);
      }
      throw new Error(`still open: ${dialog.open().join()}`);
    });
  });
});
