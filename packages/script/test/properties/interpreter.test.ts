import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance } from '../../src/interpret.ts';
import { parseScript, type Script } from '../../src/parse.ts';
import { maxSteps } from '../../src/steps.ts';
import { type Advance, initialScriptState, type RunMode, type ScriptState, type Trigger } from '../../src/types.ts';
import { context } from '../kit/bot.ts';
import { randomScript, randomTrigger } from '../kit/random-script.ts';

const inputs = fc.array(fc.record({ trigger: randomTrigger, mode: fc.constantFrom<RunMode>('open', 'open', 'open', 'silent', 'final') }), {
  maxLength: 25,
});
const run = (script: Script, from: ScriptState, list: readonly { trigger: Trigger; mode: RunMode }[], now = 0): Advance[] => {
  const done: Advance[] = [];
  let state = from;
  for (const [at, { trigger, mode }] of list.entries()) {
    const returnCause = trigger.kind === 'returned' ? trigger.cause : null;
    const result = advance(script, state, trigger, context({ now: (now + at) * 3_600_000, returnCause }), mode);
    done.push(result);
    state = result.state;
  }
  return done;
};
const throughJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** Scripts that the linter passes; how many it refuses is told, so that a generator that makes none can't hide. */
const passing = (
  property: (script: Script, list: readonly { trigger: Trigger; mode: RunMode }[], source: string) => void,
  numRuns: number,
): void => {
  let passed = 0;
  let tried = 0;
  fc.assert(
    fc.property(randomScript, inputs, (file, list) => {
      tried += 1;
      const source = JSON.stringify(file, null, 1);
      const parsed = parseScript(source);
      if (!parsed.ok) return;
      passed += 1;
      property(parsed.script, list, source);
    }),
    { numRuns },
  );
  expect(passed / tried).toBeGreaterThan(0.3);
};

describe('random scripts that pass the linter', () => {
  it('never crash, never loop without bound, leave a state that JSON holds', () => {
    passing((script, list) => {
      for (const result of run(script, initialScriptState, list)) {
        expect(result.trace.steps.length).toBeLessThanOrEqual(maxSteps + 1);
        // The linter finds every loop, so that the bound is never met.
        expect(result.error ?? '').not.toContain('steps for one input');
        expect(throughJson(result)).toEqual(result);
        if (result.outcome === 'waiting') expect(script.steps.has(result.state.cursor?.step ?? '')).toBe(true);
      }
    }, 600);
  });

  it('give the same twice, also parsed anew', () => {
    passing((script, list, source) => {
      const again = parseScript(source);
      expect(again.ok && run(again.script, initialScriptState, list)).toEqual(run(script, initialScriptState, list));
    }, 200);
  });

  it('survive a cut at any input: the state goes on from its JSON', () => {
    passing((script, list) => {
      const whole = run(script, initialScriptState, list);
      for (let at = 1; at < list.length; at++) {
        const rest = run(script, throughJson((whole[at - 1] as Advance).state), list.slice(at), at);
        expect(rest).toEqual(whole.slice(at));
      }
    }, 150);
  });

  it('an input that nothing takes changes nothing', () => {
    passing((script, list) => {
      let state = initialScriptState;
      for (const result of run(script, state, list)) {
        if (result.outcome === 'unmatched') {
          expect(result.state).toEqual(state);
          expect(result.actions).toEqual([]);
        }
        state = result.state;
      }
    }, 150);
  });

  it('a silent run says nothing, a final one nothing that needs a chat', () => {
    const allowed = { open: null, silent: ['http', 'mark'], final: ['http', 'mark', 'text'] } as const;
    passing((script, list) => {
      const silently = list.map((one) => ({ ...one, mode: one.mode === 'open' ? ('silent' as const) : one.mode }));
      for (const [at, result] of run(script, initialScriptState, silently).entries()) {
        const kinds: readonly string[] = allowed[(silently[at] as { mode: 'silent' | 'final' }).mode];
        // The error of a wrong answer is said by the ask that stands open: no such input comes while people have the chat.
        if (result.trace.steps.some((step) => step.took?.startsWith('attempt'))) continue;
        for (const action of result.actions) expect(kinds).toContain(action.kind);
      }
    }, 150);
  });
});
