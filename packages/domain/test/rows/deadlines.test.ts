import { describe, expect, it } from 'vitest';
import { deadlinesOf, earliestDeadline, nextWake } from '../../src/deadlines.ts';
import { aDialog } from '../kit/dialog.ts';
import { newMessage, visitorMessage } from '../kit/inputs.ts';
import { anna, hour, minute, second, settings } from '../kit/settings.ts';

describe('§5.7 time', () => {
  it('the time of an input is the append time, clamped so that it never runs back', () => {
    const dialog = aDialog().welcomed();
    dialog.passes(minute);
    dialog.says('hello');
    const latest = dialog.now();
    dialog.take(newMessage('early', 0, { message: visitorMessage('quiet', 'q') }), latest - 30 * second);
    expect(dialog.of('InputRecorded').at(-1)?.at).toBe(latest);
    expect(dialog.live().at).toBe(latest);
  });

  it("Webim's own times are data: a message from the past or the future moves no deadline", () => {
    const dialog = aDialog().welcomed();
    const due = earliestDeadline(dialog.state());
    dialog.says('quiet', { webimAt: 1 });
    dialog.says('quiet', { webimAt: 9_999_999_999_999 });
    expect(earliestDeadline(dialog.state())).toBe(due);
  });
});

describe('§5.7 deadlines are data in the state', () => {
  it('a wake before its time appends nothing', () => {
    const dialog = aDialog().handedOver();
    const before = [dialog.stream().length, dialog.state()];
    dialog.passes(minute);
    dialog.timerDue();
    expect([dialog.stream().length, dialog.state()]).toEqual(before);
  });

  it('a wake at its time fires it, exactly once', () => {
    const dialog = aDialog().handedOver();
    dialog.untilDeadline();
    expect(dialog.of('DeadlineFired')).toMatchObject([{ name: 'no_operator', lateMs: 0 }]);
    expect(dialog.timerDue()).toEqual([]);
    expect(dialog.of('DeadlineFired')).toHaveLength(1);
  });

  it('late is allowed, and marked', () => {
    const dialog = aDialog().handedOver();
    const due = dialog.deadlines().no_operator?.at ?? 0;
    dialog.passes(10 * minute);
    dialog.timerDue();
    expect(dialog.of('DeadlineFired')).toEqual([{ name: 'no_operator', at: due, lateMs: dialog.now() - due }]);
  });

  it('what was already in the log is handled first, and then the deadline is not due', () => {
    const dialog = aDialog().welcomed();
    dialog.says('order');
    dialog.accepts();
    dialog.passes(10 * minute);
    dialog.says('12');
    expect(dialog.timerDue()).toEqual([]);
    expect([dialog.marks(), dialog.open()]).toEqual([[], ['order 12']]);
  });

  it('several that are due fire in their order; what one of them clears does not fire', () => {
    const dialog = aDialog({ settings: { closeAuthority: 'engine' } }).handedOver();
    dialog.passes(hour);
    dialog.timerDue();
    expect(dialog.of('DeadlineFired').map((fired) => fired.name)).toEqual(['no_operator', 'auto_close']);
    expect([dialog.owner(), dialog.of('TrialEnded')]).toEqual(['nobody', [{ outcome: 'overtaken' }]]);
  });

  it('nothing fires in a chat that closed', () => {
    const dialog = aDialog().handedOver();
    dialog.closed();
    dialog.passes(hour);
    expect([deadlinesOf(dialog.state()), dialog.timerDue()]).toEqual([[], []]);
  });

  it('a change of owner ends what only the former owner could be asked', () => {
    const dialog = aDialog().handedOver();
    dialog.assigned(anna);
    expect(Object.keys(dialog.deadlines())).toEqual(['auto_close']);
  });
});

describe('§5.7 closed doors', () => {
  const waiting = () => {
    const dialog = aDialog().welcomed();
    dialog.says('order');
    dialog.accepts();
    return { dialog, due: dialog.deadlines().script?.at ?? 0 };
  };

  it('what a visitor could have met is not due while they are closed', () => {
    const { dialog, due } = waiting();
    dialog.doorsOpenedAt(null);
    dialog.passes(20 * minute);
    expect(dialog.timerDue()).toEqual([]);
    expect(nextWake(dialog.state(), settings(), null)).toBe(dialog.deadlines().auto_close?.at);
    expect(earliestDeadline(dialog.state())).toBe(due);
  });

  it('nor within 60 s after they opened', () => {
    const { dialog } = waiting();
    dialog.passes(20 * minute);
    const opened = dialog.now();
    dialog.doorsOpenedAt(opened);
    dialog.passes(minute - 1);
    expect(dialog.timerDue()).toEqual([]);
    expect(nextWake(dialog.state(), settings(), opened)).toBe(opened + minute);
    dialog.passes(1);
    expect(dialog.timerDue()).toContain('DeadlineFired');
  });

  it('one set after they opened is due at its time', () => {
    const { dialog, due } = waiting();
    dialog.doorsOpenedAt(dialog.now() - minute);
    dialog.passes(due - dialog.now());
    expect(dialog.timerDue()).toContain('DeadlineFired');
  });

  it('close by engine waits likewise', () => {
    const dialog = aDialog({ settings: { closeAuthority: 'engine' } }).withOperator();
    dialog.doorsOpenedAt(null);
    dialog.passes(hour);
    expect(dialog.timerDue()).toEqual([]);
  });

  it('the others are not moved', () => {
    const dialog = aDialog().handedOver();
    dialog.doorsOpenedAt(null);
    dialog.untilDeadline();
    expect(dialog.of('DeadlineFired').map((fired) => fired.name)).toEqual(['no_operator']);
  });

  it('since when they are open is written into the input, so that a replay decides alike', () => {
    const { dialog } = waiting();
    dialog.doorsOpenedAt(7);
    dialog.untilDeadline();
    expect(dialog.of('InputRecorded').at(-1)?.doorsOpenSince).toBe(7);
    expect(dialog.replayed().events).toEqual(dialog.stream());
  });
});
