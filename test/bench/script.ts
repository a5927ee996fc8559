import { readFileSync } from 'node:fs';
import { advance } from '@dialog/script/interpret';
import { parseScript, type Script } from '@dialog/script/parse';
import { initialScriptState, type ScriptContext, type ScriptState, type Trigger } from '@dialog/script/types';
import { type Figure, median } from './figures.ts';

const bot = (path: string): Script => {
  const parsed = parseScript(readFileSync(new URL(path, import.meta.url), 'utf8'));
  if (!parsed.ok) throw new Error(`${path} does not parse`);
  return parsed.script;
};

/** One visitor's way through the sample bot: menu, a wrong number, a right one, words, nonsense, a file, a handover and back. */
const way: readonly Trigger[] = [
  { kind: 'chat_start' },
  { kind: 'button', id: 'order' },
  { kind: 'text', text: 'номер не помню, посмотрите, пожалуйста, по фамилии' },
  { kind: 'text', text: '204512' },
  { kind: 'text', text: 'Здравствуйте! Сколько стоит доставка?' },
  { kind: 'text', text: '100001' },
  { kind: 'text', text: 'что-то совсем другое' },
  { kind: 'file', mediaType: 'image/png' },
  { kind: 'text', text: '3' },
  { kind: 'handover_failed' },
  { kind: 'text', text: '+7 999 123-45-67' },
  { kind: 'close_failed' },
  { kind: 'text', text: 'меню' },
];

/** CPU time of this process, ms: what neighbours on the machine take does not count, what the garbage collector takes does. */
const cpuMs = (act: () => void): number => {
  const before = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

/** Inputs a second through the pure interpreter, on one core. */
export const scriptInputs = (): Figure => {
  const script = bot('../../services/standalone/bots/support.yaml');
  const context: ScriptContext = { now: Date.UTC(2026, 0, 5, 12), chat: { id: '42', account: 'shop' }, visitor: {}, returnCause: null };
  const rates: number[] = [];
  let kept = 0;
  const dialogs = 2_000;
  const talkAll = (): void => {
    for (let one = 0; one < dialogs; one++) {
      let state: ScriptState = initialScriptState;
      for (const trigger of way) {
        const result = advance(script, state, trigger, context, 'open');
        state = result.state;
        kept += result.actions.length;
      }
    }
  };
  for (let round = 0; round < 12; round++) {
    const ms = cpuMs(talkAll);
    if (round > 1) rates.push((dialogs * way.length) / (ms / 1000));
  }
  if (kept === 0) throw new Error('the bot said nothing');
  return {
    name: 'inputs through the pure interpreter, sample bot, one core',
    value: median(rates),
    goal: 100_000,
    atLeast: true,
    unit: 'inputs a second of CPU',
    detail: `${way.length} inputs a dialog; rounds ${Math.min(...rates).toFixed(0)} to ${Math.max(...rates).toFixed(0)}`,
  };
};

/** A file of this many steps, as people write them: menus, questions, conditions, outcomes. */
const bigScript = (steps: number): string => {
  const scripts: string[] = [];
  // 20 steps each.
  for (let at = 0; at < steps / 20; at++) {
    const next = `s${(at + 1) % (steps / 20)}`;
    scripts.push(`  s${at}:
    when: { text: { words: ["слово${at}"] } }
    steps:
      - say: "Здравствуйте, {{ visitor.name }}! Это раздел ${at}."
      - set: { count: ${at} }
      - ask:
          text: "Назовите номер заказа (6 цифр)."
          save: order
          as: { regex: '^\\d{6}$' }
          on_fail: [{ say: "Не вышло." }, { go: ${next} }]
          on_timeout: [{ mark: late }, { stop: true }]
      - if: order == "000000" and count > 3
        then: [{ say: "Пусто." }, { mark: empty }]
        else: [{ say: "Заказ {{ order }} принят." }, { mark: taken }]
      - wait: 30s
      - say: "Продолжим?"
      - mark: m${at}
      - file: { url: "https://files.example/${at}.pdf", name: price.pdf, media_type: application/pdf }
      - set: { count: count + 1 }
      - menu:
          text: "Куда дальше?"
          buttons:
            - [{ id: b${at}, text: "Дальше", go: ${next} }]
      - say: "Конец раздела."
      - go: ${next}
`);
  }
  return `format: dialog-script/1
bot: big
vars: { order: { type: text }, count: { type: int } }
scripts:
${scripts.join('')}  what: { when: { fallback: { streak: 1 } }, steps: [{ go: s0 }] }
  back: { when: { returned: { cause: [final_close] } }, steps: [{ mark: back }] }
`;
};

/** Reading, compiling and linting a script of 2,000 steps. */
export const scriptParse = (): Figure => {
  const source = bigScript(2_000);
  const times: number[] = [];
  let steps = 0;
  for (let round = 0; round < 12; round++) {
    let parsed = parseScript('');
    const ms = cpuMs(() => {
      parsed = parseScript(source);
    });
    if (!parsed.ok) throw new Error(parsed.findings.map((found) => `${found.position.line}: ${found.message}`).join('\n'));
    steps = parsed.script.steps.size;
    times.push(ms);
  }
  const [first = 0] = times;
  return {
    name: 'parsing and linting a script of 2,000 steps',
    value: median(times.slice(2)),
    goal: 100,
    atLeast: false,
    unit: 'ms of CPU',
    detail: `${steps} steps, ${(source.length / 1024).toFixed(0)} KiB; the first time, cold, ${first.toFixed(0)} ms`,
  };
};
