import { describe, expect, it } from 'vitest';
import { stateHash } from '../../src/state-hash.ts';
import { asker } from '../kit/bots.ts';
import { aDialog } from '../kit/dialog.ts';
import { anna, minute, second } from '../kit/settings.ts';

const welcomed = () => aDialog({ script: asker }).welcomed();
/** Asked for an order; the request is on its way. */
const asking = () => {
  const dialog = welcomed();
  dialog.says('order');
  dialog.accepts();
  dialog.says('17');
  return dialog;
};

describe('an http step is an effect, its answer an input', () => {
  it('is opened with what the script rendered, has no end of its own life, and the script waits at it', () => {
    const dialog = asking();
    expect(dialog.of('EffectOpened').at(-1)).toEqual({
      number: 3,
      purpose: 'http',
      effect: { kind: 'http', method: 'GET', url: 'https://crm.example/orders/17', headers: {}, timeoutMs: 5_000, retries: 1 },
    });
    expect(dialog.live().scriptState.cursor?.waitsFor).toBe('http');
  });
  it('2xx is saved and the next step follows', () => {
    const dialog = asking();
    dialog.responds(200, { state: 'delivered' });
    expect([dialog.open(), dialog.live().scriptState.variables['order']]).toEqual([['delivered'], { state: 'delivered' }]);
  });
  it('a status that is named takes its branch', () => {
    const dialog = asking();
    dialog.responds(404);
    expect(dialog.open()).toEqual(['no such order', 'which number?']);
  });
  it('what was read stands with the reply, for the "why"', () => {
    const dialog = asking();
    dialog.responds(200, { state: 'on_the_way', eta: 'tomorrow' });
    expect(dialog.of('ScriptAdvanced').at(-1)).toMatchObject({
      trigger: 'http_result',
      read: { 'order.state': 'on_the_way', 'order.eta': 'tomorrow' },
    });
  });
  it('a visitor who writes meanwhile waits', () => {
    const dialog = asking();
    expect(dialog.says('hello?')).toEqual(['MessageQueued']);
    dialog.responds(200, { state: 'delivered' });
    dialog.accepts();
    expect(dialog.heard()).toEqual(['welcome', 'which number?', 'delivered', 'what?']);
  });
});

describe('an http step that fails', () => {
  it('is tried again as often as it says, not before the time that outbound names; the last answer counts', () => {
    const dialog = asking();
    const notBefore = dialog.now() + 7 * second;
    const http = { status: 503, body: 'later' };
    expect(dialog.answer('deferred', { code: 'http_503', notBefore, http })).toEqual(['EffectRetried', 'DeadlineSet']);
    expect(dialog.deadlines().retry?.at).toBe(notBefore);
    dialog.untilDeadline();
    expect(dialog.head()).toMatchObject({ attempt: 2, failures: 1 });
    dialog.answer('deferred', { code: 'http_503', notBefore: dialog.now(), http });
    expect([dialog.open(), dialog.of('EffectSettled').at(-1)]).toMatchObject([['no answer'], { outcome: 'accepted', code: 'http_503' }]);
  });
  it('without any answer it is an error', () => {
    const dialog = asking();
    for (let attempt = 0; attempt < 2; attempt++) {
      dialog.answer('deferred', { code: 'timeout', notBefore: dialog.now() });
      if (attempt === 0) dialog.untilDeadline();
    }
    expect([dialog.open(), dialog.of('ScriptAdvanced').at(-1)?.trace.won]).toEqual([['no answer'], 'http timeout scripts.order.steps[1]']);
  });
  it.each(['rate_limit', 'aborted'])('one that we put off ourselves (%s) is as untried as before', (code) => {
    const dialog = asking();
    for (let time = 0; time < 5; time++) {
      dialog.answer('deferred', { code, notBefore: dialog.now() + second });
      dialog.untilDeadline();
    }
    expect(dialog.head()).toMatchObject({ attempt: 6, failures: 0 });
  });
  it.each(['circuit_open', 'asked_to_wait'])(
    'a host that is not asked now (%s) uses up a retry: nobody waits for as long as it is down',
    (code) => {
      const dialog = asking();
      dialog.answer('deferred', { code, notBefore: dialog.now() + second });
      dialog.untilDeadline();
      expect(dialog.head()).toMatchObject({ attempt: 2, failures: 1 });
      dialog.answer('deferred', { code, notBefore: dialog.now() + second });
      expect([dialog.open(), dialog.of('ScriptAdvanced').at(-1)?.trace.won]).toEqual([
        ['no answer'],
        'http connection scripts.order.steps[1]',
      ]);
    },
  );
  it('refused for what it is: no second attempt', () => {
    const dialog = asking();
    dialog.answer('refused', { reason: 'other', code: 'refused_host' });
    expect([dialog.open(), dialog.of('ScriptAdvanced').at(-1)?.trace.won]).toEqual([
      ['no answer'],
      'http refused_host scripts.order.steps[1]',
    ]);
  });
  it('its outbound died: a GET is repeated, at once', () => {
    const dialog = asking();
    dialog.answer('in_doubt', { code: 'claim_left' });
    expect(dialog.head()).toMatchObject({ attempt: 2, doubts: 1 });
  });
  it('its outbound died: a POST is not repeated, the script is told that nobody knows', () => {
    const dialog = welcomed();
    dialog.says('pay');
    dialog.accepts();
    dialog.answer('in_doubt', { code: 'claim_left' });
    expect([dialog.open(), dialog.of('ScriptAdvanced').at(-1)?.trace.won]).toEqual([['not paid'], 'http in_doubt scripts.pay.steps[1]']);
  });
  it('a POST that was not written may be repeated', () => {
    const dialog = welcomed();
    dialog.says('pay');
    dialog.accepts();
    dialog.answer('deferred', { code: 'connection', notBefore: dialog.now() });
    dialog.untilDeadline();
    dialog.responds(200);
    expect(dialog.open()).toEqual(['paid']);
  });
});

describe('people and http', () => {
  it('an answer that comes after people got the chat settles its effect and moves nothing', () => {
    const dialog = asking();
    const asked = dialog.head();
    dialog.passes(minute);
    dialog.assigned(anna);
    expect(dialog.answerTo(asked, { outcome: 'accepted', http: { status: 200, body: {} } })).toEqual(['EffectSettled']);
    expect([dialog.owner(), dialog.open()]).toEqual(['operator', []]);
  });
  it('under a handover the silent steps go on with the answer, while people have the chat', () => {
    const dialog = welcomed();
    dialog.says('human');
    dialog.accepts();
    expect([dialog.owner(), dialog.head().purpose, dialog.marks()]).toEqual(['queue', 'http', []]);
    dialog.responds(200);
    expect([dialog.owner(), dialog.open(), dialog.marks()]).toEqual(['queue', [], ['told']]);
    expect(dialog.live().scriptState.cursor).toMatchObject({ waitsFor: 'handover' });
  });
  it('a Return after the final close may ask too; its texts follow `deliver`', () => {
    const dialog = welcomed();
    dialog.passes(minute);
    dialog.assigned(anna);
    dialog.closed();
    expect([dialog.owner(), dialog.head().effect.kind]).toEqual(['nobody', 'http']);
    dialog.responds(200);
    expect([dialog.marks(), dialog.of('TextDropped').length, dialog.open()]).toEqual([['crm_told'], 1, []]);
  });
  it('the bot gets the chat back and no Return takes up the request that was dropped: the script is told', () => {
    const dialog = aDialog({ script: { ...asker, returned: new Map() } }).welcomed();
    dialog.says('pay');
    const said = dialog.head();
    dialog.passes(minute);
    dialog.assigned(anna);
    dialog.answerTo(said, { outcome: 'suppressed' });
    dialog.newChat();
    expect([dialog.owner(), dialog.open()]).toEqual(['bot', ['not paid']]);
    expect(dialog.of('ScriptAdvanced').at(-1)?.trace.won).toBe('http in_doubt scripts.pay.steps[1]');
  });
  it('a trial whose script asks first and then has nothing to say ends', () => {
    const script = { ...asker, returned: new Map([['operator_redirect', 'after'] as const]) };
    const dialog = aDialog({ script }).welcomed();
    dialog.passes(minute);
    dialog.assigned(anna);
    dialog.passes(minute);
    dialog.says('hello?');
    expect([dialog.live().trial?.cause, dialog.head().effect.kind]).toEqual(['operator_redirect', 'http']);
    dialog.responds(200);
    // Mark, then a text: that is the probe.
    expect([dialog.open(), dialog.live().trial === null]).toEqual([['good luck'], false]);
  });
});

it('replayed, a life with answers is the same', () => {
  const dialog = asking();
  dialog.answer('deferred', { code: 'timeout', notBefore: dialog.now() + second });
  dialog.untilDeadline();
  dialog.responds(200, { state: 'x', eta: ['y', 1, null] });
  dialog.accepts();
  expect(dialog.replayed().events).toEqual(dialog.stream());
  expect(stateHash(dialog.replayed().state)).toBe(stateHash(dialog.state()));
});
