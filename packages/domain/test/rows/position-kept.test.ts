import { describe, expect, it } from 'vitest';
import { asker } from '../kit/bots.ts';
import { aDialog } from '../kit/dialog.ts';
import { anna, minute, second } from '../kit/settings.ts';

const welcomed = () => aDialog({ script: asker }).welcomed();
/** Its question was asked; an operator took the chat before the answer. */
const grabbed = () => {
  const dialog = welcomed();
  dialog.says('order');
  dialog.accepts();
  dialog.passes(minute);
  dialog.assigned(anna);
  dialog.passes(minute);
  return dialog;
};

describe('after the people’s stretch `go: interrupted` takes up where the script was', () => {
  it('an ask that was open when an operator took the chat is asked again', () => {
    const dialog = grabbed();
    dialog.newChat();
    dialog.accepts();
    expect(dialog.heard()).toEqual(['welcome', 'which number?', 'back again', 'which number?']);
    dialog.says('17');
    expect(dialog.head().effect).toMatchObject({ kind: 'http', url: 'https://crm.example/orders/17' });
  });
  it('a handover in mid-script: the step after it, once the people are done', () => {
    const dialog = welcomed();
    dialog.says('human');
    dialog.accepts();
    dialog.responds(200);
    dialog.passes(minute);
    dialog.assigned(anna);
    dialog.passes(minute);
    dialog.newChat();
    dialog.accepts();
    expect([dialog.heard(), dialog.marks()]).toEqual([
      ['welcome', '<redirect>', 'back again', 'we talked'],
      ['told', 'after_people'],
    ]);
  });
  it('the same where the answer of an http step under it never came', () => {
    const dialog = welcomed();
    dialog.says('human');
    dialog.accepts();
    const asked = dialog.head();
    dialog.passes(minute);
    dialog.assigned(anna);
    dialog.answerTo(asked, { outcome: 'suppressed' });
    dialog.passes(minute);
    dialog.newChat();
    dialog.accepts();
    expect(dialog.heard()).toEqual(['welcome', '<redirect>', 'back again', 'we talked']);
  });
  it('an http step that was open is done again', () => {
    const dialog = welcomed();
    dialog.says('order');
    dialog.accepts();
    dialog.says('17');
    const asked = dialog.head();
    dialog.passes(minute);
    dialog.assigned(anna);
    dialog.answerTo(asked, { outcome: 'suppressed' });
    dialog.passes(minute);
    dialog.newChat();
    dialog.accepts();
    expect(dialog.head()).toMatchObject({ number: 5, effect: { kind: 'http', url: 'https://crm.example/orders/17' } });
  });
  it('with nothing interrupted the Return goes on behind it', () => {
    const dialog = welcomed();
    dialog.passes(minute);
    dialog.assigned(anna);
    dialog.passes(minute);
    dialog.newChat();
    dialog.accepts();
    expect([dialog.heard(), dialog.marks()]).toEqual([['welcome', 'back again'], ['nothing_interrupted']]);
  });
  it('a trial that is refused leaves it as it was: the next one takes it up', () => {
    const dialog = grabbed();
    const before = dialog.live().scriptState;
    dialog.says('hello?');
    expect(dialog.live().trial?.cause).toBe('operator_redirect');
    dialog.answer('refused', { reason: 'not_bots_chat' });
    expect([dialog.live().scriptState, dialog.owner()]).toEqual([before, 'operator']);
    dialog.passes(minute);
    dialog.newChat();
    dialog.accepts();
    expect(dialog.heard().slice(-2)).toEqual(['back again', 'which number?']);
  });
  it('a trial that is accepted takes it up', () => {
    const dialog = grabbed();
    dialog.says('hello?');
    dialog.accepts();
    expect([dialog.owner(), dialog.heard().slice(-2)]).toEqual(['bot', ['back again', 'which number?']]);
  });
  it('a second stretch before the Return is through keeps the first position', () => {
    const dialog = grabbed();
    dialog.newChat();
    dialog.passes(10 * second);
    const said = dialog.head();
    dialog.assigned(anna);
    dialog.answerTo(said, { outcome: 'suppressed' });
    dialog.passes(minute);
    dialog.newChat();
    dialog.accepts();
    expect(dialog.heard().slice(-2)).toEqual(['back again', 'which number?']);
  });
  it('is the same replayed', () => {
    const dialog = grabbed();
    dialog.newChat();
    dialog.accepts();
    expect(dialog.replayed().events).toEqual(dialog.stream());
  });
});
