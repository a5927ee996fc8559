import { describe, expect, it } from 'vitest';
import { aDialog } from '../kit/dialog.ts';
import { anna, minute, second } from '../kit/settings.ts';

/** Both ways in which the bot of a dialog stops: by a command in its inbox, or since its account's or script's settings say so. */
const ways = [
  [
    'this dialog’s',
    (dialog: ReturnType<typeof aDialog>) => void dialog.stopped(),
    (dialog: ReturnType<typeof aDialog>) => void dialog.startedAgain(),
  ],
  [
    'the account’s',
    (dialog: ReturnType<typeof aDialog>) => dialog.configured({ botStopped: true }),
    (dialog: ReturnType<typeof aDialog>) => dialog.configured({ botStopped: undefined } as object),
  ],
] as const;

describe.each(ways)('%s bot is stopped', (_, stop, start) => {
  it('the next input of a chat that the bot has goes to people, and the script takes none', () => {
    const dialog = aDialog().welcomed();
    stop(dialog);
    const advanced = dialog.of('ScriptAdvanced').length;
    dialog.passes(minute);
    dialog.says('hello?');
    expect([dialog.open(), dialog.live().effects.at(-1)?.purpose]).toEqual([['<redirect>'], 'stopped']);
    dialog.answer('accepted');
    expect([dialog.live().holder.owner, dialog.live().flag !== null, dialog.live().waiting]).toEqual(['queue', true, []]);
    expect(dialog.of('ScriptAdvanced')).toHaveLength(advanced);
    expect(dialog.of('OwnerChanged').at(-1)).toEqual({ owner: 'queue', cause: 'stopped' });
  });

  it('what it still had to say is dropped; what is on its way comes to its end first', () => {
    const dialog = aDialog();
    dialog.newChat();
    const onItsWay = dialog.live().effects[0]?.number;
    stop(dialog);
    dialog.passes(second);
    dialog.says('hello?');
    expect(dialog.live().effects.map(({ number, purpose }) => (number === onItsWay ? 'on its way' : purpose))).toEqual([
      'on its way',
      'stopped',
    ]);
    dialog.answer('accepted');
    dialog.answer('accepted');
    expect(dialog.live().holder.owner).toBe('queue');
  });

  it('Webim refuses to take it: asked again a minute later, not at once', () => {
    const dialog = aDialog().welcomed();
    stop(dialog);
    dialog.passes(minute);
    dialog.says('hello?');
    dialog.answer('refused', { reason: 'other' });
    expect(dialog.open()).toEqual([]);
    dialog.untilDeadline();
    expect(dialog.open()).toEqual(['<redirect>']);
    dialog.answer('accepted');
    expect(dialog.live().holder.owner).toBe('queue');
  });

  it('an operator gives it back: it goes to people again, the flag reset in between; the bot says nothing', () => {
    const dialog = aDialog().welcomed();
    const said = dialog.delivered().length;
    stop(dialog);
    dialog.passes(minute);
    dialog.says('hello?');
    dialog.answer('accepted');
    dialog.passes(minute);
    dialog.assigned(anna);
    dialog.passes(minute);
    dialog.newChat();
    expect(dialog.open()).toEqual(['<redirect>']);
    dialog.answer('accepted');
    expect(dialog.live().holder.owner).toBe('queue');
    expect(
      dialog
        .delivered()
        .slice(said)
        .map(({ purpose }) => purpose),
    ).toEqual(['stopped', 'stopped']);
  });

  it('a final close is a final close: the flag is reset, no script runs', () => {
    const dialog = aDialog().welcomed();
    stop(dialog);
    dialog.passes(minute);
    dialog.says('hello?');
    dialog.answer('accepted');
    dialog.passes(minute);
    dialog.closed();
    expect([dialog.live().holder.owner, dialog.live().flag]).toEqual(['nobody', null]);
    expect(dialog.of('FlagReset').at(-1)).toMatchObject({ cause: 'final_close' });
  });

  it('started again, the bot answers what comes next', () => {
    const dialog = aDialog().welcomed();
    stop(dialog);
    dialog.passes(minute);
    start(dialog);
    const advanced = dialog.of('ScriptAdvanced').length;
    if (dialog.open().length > 0) dialog.answer('refused', { reason: 'other' });
    dialog.says('hello?');
    expect(dialog.of('ScriptAdvanced').length).toBeGreaterThan(advanced);
  });
});

it('stopped twice, or where there is no dialog: recorded, and nothing else', () => {
  const dialog = aDialog();
  expect(dialog.stopped()).toEqual(['InputIgnored']);
  dialog.welcomed();
  dialog.stopped();
  expect(dialog.stopped()).toEqual(['InputIgnored']);
  expect(dialog.of('InputIgnored').map(({ reason }) => reason)).toEqual(['not_started', 'as_it_was']);
});

it('a chat that people have stays with them; no operator took it: the bot does not ask for it', () => {
  const dialog = aDialog().welcomed();
  dialog.passes(minute);
  dialog.assigned(anna);
  expect(dialog.stopped()).toEqual(['BotStopped']);
  expect(dialog.open()).toEqual([]);
});
