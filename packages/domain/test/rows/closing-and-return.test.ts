import { describe, expect, it } from 'vitest';
import { pusher } from '../kit/bots.ts';
import { aDialog } from '../kit/dialog.ts';
import { anna, hour, minute, second } from '../kit/settings.ts';

/** Wakes until the auto-close deadline fired for good. */
const overdue = (dialog: ReturnType<typeof aDialog>) => {
  for (let wakes = 0; wakes < 5 && dialog.deadlines().auto_close !== undefined; wakes++) dialog.untilDeadline();
  return dialog;
};
const stretch = (options: Parameters<typeof aDialog>[0] = {}) => {
  const dialog = aDialog({ script: pusher, ...options });
  dialog.newChat();
  dialog.accepts();
  dialog.passes(minute);
  dialog.assigned(anna);
  return dialog;
};

describe('§5.5 close.authority webim', () => {
  it('autoCloseAfter since the last known activity, plus the grid: CloseOverdue; it closes nothing', () => {
    const dialog = stretch();
    const since = dialog.now();
    overdue(dialog);
    expect(dialog.now() - since).toBe(30 * minute + 30 * second);
    expect([dialog.owner(), dialog.of('CloseOverdue').length, dialog.flag() === null]).toEqual(['operator', 1, false]);
  });

  it('activity in between puts it off', () => {
    const dialog = stretch();
    dialog.passes(20 * minute);
    dialog.started();
    const since = dialog.now();
    overdue(dialog);
    expect(dialog.now() - since).toBe(30 * minute + 30 * second);
  });

  it('its likely cause: no event handler was ever seen, or the close handler is missing', () => {
    const never = aDialog().handedOver();
    never.untilDeadline();
    never.answer('refused', { reason: 'not_bots_chat' });
    expect(overdue(never).of('CloseOverdue')).toEqual([{ cause: 'handler_not_configured' }]);
    expect(overdue(stretch()).of('CloseOverdue')).toEqual([{ cause: 'close_handler_or_category' }]);
  });

  const asked = (chat: { closed?: boolean; closedBy?: 'inactivity_timer' | 'operator' } | undefined) => {
    const dialog = overdue(stretch({ settings: { storedData: true } }));
    expect(dialog.head().effect.kind).toBe('query_chat');
    dialog.answer('accepted', chat === undefined ? {} : { chat });
    return dialog;
  };

  it('stored data that shows a closed state decides', () => {
    const dialog = asked({ closed: true });
    expect(dialog.live().holder).toMatchObject({ owner: 'nobody', final: true });
    expect(dialog.of('ReturnStarted').map((run) => run.cause)).toEqual(['final_close']);
    expect(asked({ closed: true, closedBy: 'inactivity_timer' }).marks()).toEqual(['after_timeout']);
  });

  it('stored data that does not, only adds to CloseOverdue', () => {
    for (const [chat, cause] of [
      [{ closed: false }, 'still_open_in_webim'],
      [{}, 'unknown'],
      [undefined, 'unknown'],
    ] as const) {
      const dialog = asked(chat);
      expect([dialog.owner(), dialog.of('CloseOverdue').at(-1)]).toEqual(['operator', { cause }]);
    }
  });

  it('after CloseOverdue abandonAfter closes by inference: its own cause, flag reset, Return', () => {
    const dialog = overdue(stretch());
    dialog.untilDeadline();
    expect(dialog.of('DialogClosed')).toEqual([{ cause: 'abandoned', final: false, returnCause: 'abandoned' }]);
    expect(dialog.of('FlagReset').map((reset) => reset.cause)).toEqual(['abandoned']);
    expect(dialog.marks()).toEqual(['after_abandoned']);
  });

  it('somebody there after all: the overdue close counts anew', () => {
    const dialog = overdue(stretch());
    dialog.passes(hour);
    dialog.started();
    dialog.untilDeadline();
    expect([dialog.owner(), dialog.deadlines().auto_close !== undefined]).toEqual(['operator', true]);
  });
});

describe('§5.5 stored data asked each hour', () => {
  it('hides nobody who was there meanwhile', () => {
    const dialog = overdue(stretch({ settings: { storedData: true } }));
    const open = () => dialog.answer('accepted', { chat: { closed: false } });
    open();
    const abandonAt = dialog.deadlines().abandon?.at ?? 0;
    while (abandonAt - dialog.now() > 2 * hour) {
      dialog.untilDeadline();
      open();
    }
    dialog.passes(10 * minute);
    dialog.started();
    const seenAt = dialog.now();
    for (let wakes = 0; wakes < 100 && dialog.owner() !== 'nobody'; wakes++) {
      dialog.untilDeadline();
      if (dialog.live().effects.length > 0) open();
    }
    expect(dialog.of('DialogClosed').map(({ cause }) => cause)).toEqual(['abandoned']);
    expect(dialog.now() - seenAt).toBeGreaterThanOrEqual(24 * hour);
  });
});

describe('§5.5 close.authority engine', () => {
  const engine = { closeAuthority: 'engine' } as const;

  it('the deadline itself closes', () => {
    const dialog = overdue(stretch({ settings: engine }));
    expect(dialog.of('DialogClosed')).toMatchObject([{ cause: 'engine', final: false }]);
    expect([dialog.owner(), dialog.flag(), dialog.marks()]).toEqual(['nobody', null, ['after_timeout']]);
  });

  it('asking Webim to close if the bot owns the chat', () => {
    const dialog = overdue(aDialog({ settings: engine }).welcomed());
    expect([dialog.owner(), dialog.open()]).toEqual(['bot', ['<close>']]);
    dialog.answer('refused', { reason: 'other' });
    expect([dialog.owner(), dialog.of('ReturnStarted')]).toEqual(['nobody', []]);
  });
});

describe('§5.5 after a close by inference or by engine', () => {
  const inferred = () => {
    const dialog = overdue(stretch({ settings: { closeAuthority: 'engine' } }));
    expect(dialog.owner()).toBe('nobody');
    return dialog;
  };

  it('a message reopens', () => {
    const dialog = inferred();
    dialog.says('hello');
    expect([dialog.owner(), dialog.flag(), dialog.open()]).toEqual(['bot', null, ['what?', 'once more']]);
  });

  it('a new_chat reopens, without a greeting', () => {
    const dialog = inferred();
    dialog.newChat();
    expect([dialog.owner(), dialog.open()]).toEqual(['bot', []]);
    expect(dialog.deadlines().auto_close).toBeDefined();
  });

  it("a real chat_closed is then final again; that episode's Return is not repeated", () => {
    const dialog = inferred();
    dialog.closed();
    expect(dialog.live().holder).toMatchObject({ final: true });
    expect(dialog.of('ReturnStarted')).toHaveLength(1);
    expect(dialog.says('hello')).toEqual(['InputLate']);
  });

  it('reopened and given to people again, it is another episode', () => {
    const dialog = inferred();
    dialog.says('hello');
    dialog.passes(minute);
    dialog.assigned(anna);
    dialog.closed();
    expect(dialog.of('ReturnStarted').map((run) => run.cause)).toEqual(['auto_close_timeout', 'final_close']);
  });
});

describe('§5.5 Return carries a typed cause', () => {
  it('chat_closed gives final_close', () => {
    const dialog = stretch();
    dialog.closed('operator');
    expect(dialog.marks()).toEqual(['after_final']);
  });

  it('chat_closed whose body says the inactivity timer gives auto_close_timeout', () => {
    const dialog = stretch();
    dialog.closed('inactivity_timer');
    expect(dialog.marks()).toEqual(['after_timeout']);
  });

  it('a trigger that lists final_close also takes the other two where no script names them', () => {
    const dialog = aDialog().withOperator();
    dialog.closed('inactivity_timer');
    expect(dialog.of('ReturnStarted')).toEqual([{ episode: 2, cause: 'auto_close_timeout', script: 'after' }]);
  });

  it('after a final close silent steps run and texts under drop are recorded, nothing is sent', () => {
    const dialog = aDialog().withOperator();
    dialog.closed();
    expect([dialog.marks(), dialog.of('TextDropped').map((text) => text.text)]).toEqual([['handed_over', 'after_close'], ['good luck']]);
    expect(dialog.open()).toEqual([]);
  });

  it('a step that needs an answer ends the script, as a recorded outcome', () => {
    const dialog = overdue(stretch());
    dialog.untilDeadline();
    expect(dialog.of('ScriptAdvanced').at(-1)).toMatchObject({ trigger: 'returned', outcome: 'needs_answer', cursor: null });
  });

  it('where a chat is open texts are said at once', () => {
    const dialog = aDialog().withOperator();
    dialog.passes(minute);
    dialog.newChat();
    expect([dialog.open(), dialog.of('TextDropped')]).toEqual([['back again'], []]);
  });
});
