import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { advance } from '../../src/interpret.ts';
import { parseScript } from '../../src/parse.ts';
import { initialScriptState, type ScriptState, type Trigger } from '../../src/types.ts';

/** A process of its own: reads the scripts that it is given by path, runs the same dialogs on each and prints a hash of all that came of it. */
const texts = [
  'Привет',
  'İstanbul ISPARTA ß ﬁ',
  'ЁЛКА',
  '1 234,5',
  '01.02.2026',
  '2026-02-01',
  '+7 999 123-45-67',
  'a@пример.рф',
  'да',
  '123456',
  '2',
  'ПЕРМЬ',
  '😀 é é',
  '',
];
const triggers: readonly Trigger[] = [
  ...texts.map((text): Trigger => ({ kind: 'text', text })),
  ...['form', 'ask_crm', 'human', 'on', 'other', 'home', 'order', 'price'].map((id): Trigger => ({ kind: 'button', id })),
  { kind: 'file', mediaType: 'image/png' },
  { kind: 'http_result', response: { status: 200, body: { state: 'ok', eta: 0.1 + 0.2 } } },
  { kind: 'timeout' },
  { kind: 'handover_accepted' },
  { kind: 'handover_failed' },
  { kind: 'returned', cause: 'operator_redirect' },
  { kind: 'silence', afterMs: 120_000 },
];
const hash = createHash('sha256');
const add = (value: unknown): void => void hash.update(`${JSON.stringify(value)}\n`);

/** What a locale or a zone would change: letters that Turkish folds otherwise, hours around a change of clocks. */
const touchy = `
format: dialog-script/1
bot: touchy
timezone: Europe/Berlin
vars: { t: { type: text } }
scripts:
  s: { when: chat_start, steps: [{ ask: { text: "{{ lower(visitor.name) }}", save: t, as: { choice: [titel] }, attempts: 9 } }, { say: ok }] }
  w: { when: { text: { words: [istanbul] } }, steps: [{ if: 'working_hours("Mon-Sun 01:00-03:30")', then: [{ say: night }], else: [{ say: day }] }] }
  x: { when: { text: { regex: '^i+$' } }, steps: [{ say: i }] }
`;

for (const source of [touchy, ...process.argv.slice(2).map((path) => readFileSync(path, 'utf8'))]) {
  const parsed = parseScript(source);
  if (!parsed.ok) throw new Error('a script does not parse');
  add([parsed.warnings, parsed.tests, [...parsed.script.steps.keys()]]);
  for (let dialog = 0; dialog < 40; dialog++) {
    // Through the nights on which clocks change, in zones that do and don't.
    let now = Date.UTC(2026, dialog % 2 === 0 ? 2 : 9, 25) + dialog * 3_600_000;
    let state: ScriptState = initialScriptState;
    const context = { chat: { id: String(dialog), account: 'shop' }, visitor: { name: 'Ёжик TITLE' }, returnCause: null };
    for (let at = 0; at < 60; at++) {
      const trigger: Trigger = at === 0 ? { kind: 'chat_start' } : (triggers[(at * 7 + dialog * 13) % triggers.length] as Trigger);
      now += 47 * 60_000;
      const result = advance(parsed.script, state, trigger, { ...context, now }, 'open');
      add(result);
      state = result.state;
    }
  }
}
process.stdout.write(`${hash.digest('hex')}\n`);
