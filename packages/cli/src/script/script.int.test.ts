import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { XMLValidator } from 'fast-xml-parser';
import { afterAll, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const bot = fileURLToPath(new URL('../../../../services/standalone/bots/support.yaml', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'dialogctl-script-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (args: readonly string[], input = '') => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'script', ...args], { encoding: 'utf8', input, cwd: folder });
  return { status, stdout, stderr };
};
const file = (name: string, text: string): string => {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), text);
  return name;
};

const good = file(
  'bots/good.yaml',
  'format: dialog-script/1\nbot: good\nscripts:\n  hello: { when: chat_start, steps: [{ say: "Привет" }] }\n  back: { when: { returned: { cause: [final_close] } }, steps: [{ mark: back }] }\n  other: { when: { fallback: { streak: 1 } }, steps: [{ say: "?" }] }\n',
);
const silent = file(
  'bots/silent.yaml',
  'format: dialog-script/1\nbot: silent\nscripts:\n  hello: { when: chat_start, steps: [{ say: "Привет" }] }\n  back: { when: { returned: { cause: [final_close] } }, steps: [{ mark: back }] }\n',
);
const broken = file(
  'broken/broken.yaml',
  'format: dialog-script/1\nbot: broken\nscripts:\n  hello:\n    when: chat_start\n    steps:\n      - shout: "Привет"\n',
);

describe('script check', () => {
  it('takes several files, a glob, a folder; exit code 1 where one has errors, 2 where none is there', () => {
    expect(run(['check', good, silent])).toMatchObject({ status: 0 });
    expect(run(['check', 'bots/*.yaml'])).toMatchObject({ status: 0 });
    const all = run(['check', '.']);
    expect(all.status).toBe(1);
    expect(all.stdout).toContain('bots/good.yaml is fine\n');
    expect(all.stdout).toMatch(/bots\/silent\.yaml is fine, with 1 warning\n/);
    expect(all.stdout).toMatch(
      /broken\/broken\.yaml:7:9 error unknown-verb: "shout" is no verb\n {2}7 \| {7}- shout: "Привет"\n {4}\| {9}\^\n/,
    );
    expect(run(['check', 'none/*.yaml'])).toMatchObject({ status: 2, stderr: 'none/*.yaml names no script file\n' });
  });

  it('warnings count where asked', () => {
    expect(run(['check', silent, '--strict'])).toMatchObject({ status: 1 });
    expect(run(['check', good, '--strict'])).toMatchObject({ status: 0 });
  });

  it('JSON and SARIF name the file of each finding', () => {
    const { ok, findings } = JSON.parse(run(['check', good, broken, '--json']).stdout) as {
      ok: boolean;
      findings: { file: string; rule: string; position: object }[];
    };
    expect(ok).toBe(false);
    expect(findings.find((finding) => finding.rule === 'unknown-verb')).toMatchObject({ file: broken, position: { line: 7, column: 9 } });
    const sarif = run(['check', good, broken, '--sarif']);
    expect(sarif.status).toBe(1);
    const { version, runs } = JSON.parse(sarif.stdout) as { version: string; runs: { results: { ruleId: string }[] }[] };
    expect(version).toBe('2.1.0');
    expect(runs[0]?.results.map((result) => result.ruleId)).toContain('unknown-verb');
  });
});

describe('script graph', () => {
  it('draws Mermaid to the terminal and SVG to a file', () => {
    expect(run(['graph', bot]).stdout).toMatch(/^flowchart TD\n/);
    expect(run(['graph', bot, '-o', 'bot.svg', '--current', 'scripts.main_menu.steps[0]'])).toMatchObject({ status: 0, stdout: '' });
    const svg = readFileSync(join(folder, 'bot.svg'), 'utf8');
    expect(XMLValidator.validate(svg)).toBe(true);
    expect(svg).toContain('current" data-step="scripts.main_menu.steps[0]"');
  });

  it('says what is wrong', () => {
    expect(run(['graph', broken])).toMatchObject({ status: 1 });
    expect(run(['graph', bot, '--current', 'scripts.none'])).toMatchObject({ status: 2 });
    expect(run(['graph', bot, '--format', 'png'])).toMatchObject({ status: 2 });
    expect(run(['graph', bot, '-o', 'no/such/folder/bot.svg'])).toMatchObject({ status: 2 });
  });
});

describe('script chat', () => {
  const at = ['--at', '2026-03-02T10:00:00+03:00'];

  it('is a seat before the bot: words, buttons by number, people, the close, Return', () => {
    const { status, stdout } = run(['chat', bot, ...at], '1\n204512\nоператор\nпривет\n:operator 7\n:close\n');
    expect(status).toBe(0);
    expect(stdout).not.toContain('\u001b');
    expect(stdout.split('\n')).toEqual([
      'webim  a chat begins',
      'bot    Здравствуйте! Я бот поддержки магазина «Полка».',
      'bot    Чем помочь?',
      'bot    [1] Где мой заказ?',
      '       [2] Прайс-лист   [3] Оператор',
      'you    1',
      'bot    Назовите номер заказа (6 цифр).',
      'you    204512',
      'bot    Заказ 204512 в пути, привезём завтра с 10 до 18.',
      'bot    Чем помочь?',
      'bot    [1] Где мой заказ?',
      '       [2] Прайс-лист   [3] Оператор',
      'you    оператор',
      'bot    Перевожу на оператора. Обычно отвечают за пару минут.',
      'webim  the chat goes to operatory',
      '       people have the chat (queue): Webim shows this to them, and sends the bot nothing. :operator, :redirect, :nobody, :close',
      'people operator 7 takes the chat',
      'webim  the chat is closed',
      "bot    Оператор помог? Если нет, напишите «оператор».  (not said: held for the person's next chat)",
      '',
    ]);
  });

  it('tells why, the state, and takes a line back', () => {
    const { stdout } = run(['chat', bot, ...at], 'заказ\n:why\n:later 10m\n:state\n:back\n12\n:quit\nnever read\n');
    expect(stdout).toContain('trigger  text, taken by text scripts.order_status');
    expect(stdout).toContain('lost   text scripts.greeting: no match');
    expect(stdout).toContain('time       2026-03-02 10:10:00 Mon (Europe/Moscow)');
    expect(stdout).toContain('script     at its triggers');
    expect(stdout).toContain('taken back');
    // The clock is back too: the question stands open again.
    expect(stdout).toContain('bot    Нужно ровно шесть цифр, например 204512.');
    expect(stdout).not.toContain('never read');
  });

  it('answers nonsense, and goes on', () => {
    const { status, stdout } = run(
      ['chat', bot, ...at],
      ':dance\n:later soon\n:http 200\n:refuse all\n:press\n:close now\n:back\n:help\nменю\n',
    );
    expect(status).toBe(0);
    for (const said of [
      'there is no :dance',
      ':later takes a time',
      'no http step waits for an answer here',
      ':refuse takes one of',
      ':press needs the id',
      ':close takes visitor',
      'there is nothing to take back',
      ':why                why the bot did',
    ]) {
      expect(stdout).toContain(said);
    }
    expect(stdout.trimEnd().endsWith('[2] Прайс-лист   [3] Оператор')).toBe(true);
    expect(run(['chat', bot, '--at', 'soon'])).toMatchObject({ status: 2 });
    expect(run(['chat', broken])).toMatchObject({ status: 1 });
  });
});
