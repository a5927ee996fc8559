import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { afterAll, describe, expect, it, vi } from 'vitest';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const root = fileURLToPath(new URL('../../../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'dialogctl-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (args: readonly string[], cwd = folder) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'script', 'test', ...args], { encoding: 'utf8', cwd });
  return { status, stdout, stderr };
};

const bot = (said: string): string => `format: dialog-script/1
bot: small
timezone: Europe/Moscow
scripts:
  hello: { when: chat_start, steps: [{ say: "${said}" }] }
  back: { when: { returned: { cause: [final_close] } }, steps: [{ mark: back }] }
  other: { when: { fallback: { streak: 1 } }, steps: [{ say: "?" }] }
tests:
  - name: it greets
    given: [chat_start]
    expect: [{ said: "Hello" }]
  - name: it wonders
    given: [chat_start, { text: abc }]
    expect: [{ said: "?" }]
`;
writeFileSync(join(folder, 'good.yaml'), bot('Hello'));
writeFileSync(join(folder, 'bad.yaml'), bot('Hi'));
writeFileSync(
  join(folder, 'broken.yaml'),
  'format: dialog-script/1\nbot: b\nscripts: { hello: { when: chat_start, steps: [{ shout: x }] } }\n',
);

describe('script test', () => {
  it('the sample bots pass, each of their outcomes but a few taken', () => {
    const { status, stdout } = run(['bots', 'services/standalone/bots', '--min-coverage', '70'], root);
    expect(stdout).not.toContain('✗');
    expect(status).toBe(0);
  });

  it('has its colours where they are wanted, and of a script no sequence that a terminal obeys', () => {
    writeFileSync(join(folder, 'colours.yaml'), bot('Hello').replace('name: it greets', 'name: "it \\e[2J greets"'));
    const env = { ...process.env, FORCE_COLOR: '1' };
    const { stdout } = spawnSync(process.execPath, [main, 'script', 'test', 'colours.yaml'], { encoding: 'utf8', cwd: folder, env });
    expect(stdout).toContain('  \u001b[32m✓\u001b[39m it \\u001b[2J greets\n');
    expect(stdout).toContain('\u001b[32m2 passed\u001b[39m');
  });

  it('shows expected beside actual, the step, and the chat', () => {
    const { status, stdout } = run(['bad.yaml']);
    expect(status).toBe(1);
    expect(stdout.split('\n').slice(0, -2)).toEqual([
      'bad.yaml',
      '  ✗ it greets',
      '      bad.yaml:11:16',
      '        expected  said: "Hello"',
      '        actual    said: "Hi"',
      '        by line 5 | hello: { when: chat_start, steps: [{ say: "Hi" }] }',
      '      the chat, as far as it went:',
      '        15:00:00  webim    a chat begins',
      '        15:00:00  bot      Hi  (line 5)',
      '  ✓ it wonders',
    ]);
    expect(stdout).toMatch(/1 failed, 1 passed in \d+ ms\n$/);
  });

  it('filters by name, asks for coverage, and takes nothing for a success that ran nothing', () => {
    expect(run(['bad.yaml', '-t', 'WONDERS'])).toMatchObject({ status: 0 });
    const covered = run(['good.yaml', '--coverage']);
    expect(covered.status).toBe(0);
    expect(covered.stdout).toContain(
      '  1 of 3 outcomes never taken, 1 of 3 steps never run:\n    line    6  scripts.back returned final_close\n    line    6  scripts.back.steps[0] never run\n',
    );
    const low = run(['good.yaml', '--min-coverage', '90']);
    expect(low.status).toBe(1);
    expect(low.stdout).toContain('good.yaml: coverage 66 %, wanted 90 %');
    expect(run(['good.yaml', '-t', 'nothing'])).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('no test matches nothing') as string,
    });
    expect(run(['good.yaml', '-t', '('])).toMatchObject({ status: 2 });
    expect(run(['good.yaml', '--min-coverage', 'most'])).toMatchObject({ status: 2 });
    const some = run(['broken.yaml', 'good.yaml']);
    expect(some.status).toBe(1);
    expect(some.stdout).toContain('unknown-verb');
    expect(some.stdout).toMatch(/2 passed in \d+ ms\nbroken\.yaml has errors: none of its tests ran\n$/);
    expect(run(['broken.yaml']).stdout).toMatch(/\nno test ran\nbroken\.yaml has errors: none of its tests ran\n$/);
  });

  it('writes JUnit and JSON', () => {
    expect(run(['good.yaml', 'bad.yaml', 'broken.yaml', '--junit', 'report.xml'])).toMatchObject({ status: 1 });
    const xml = readFileSync(join(folder, 'report.xml'), 'utf8');
    expect(XMLValidator.validate(xml)).toBe(true);
    const { testsuites } = new XMLParser({ ignoreAttributes: false }).parse(xml) as {
      testsuites: { '@_tests': string; '@_failures': string; '@_errors': string; testsuite: { '@_name': string }[] };
    };
    expect(testsuites).toMatchObject({ '@_tests': '5', '@_failures': '1', '@_errors': '1' });
    expect(testsuites.testsuite.map((suite) => suite['@_name'])).toEqual(['good.yaml', 'bad.yaml', 'broken.yaml']);
    const json = JSON.parse(run(['good.yaml', 'bad.yaml', '--json']).stdout) as {
      ok: boolean;
      files: { file: string; tests: { name: string; failures: { expected: string }[] }[]; coverage: { percent: number } }[];
    };
    expect(json.ok).toBe(false);
    expect(json.files[1]?.tests[0]?.failures[0]?.expected).toBe('said: "Hello"');
    expect(json.files[0]?.coverage.percent).toBe(66);
  });

  it('runs again when the file changes, also after an edit that broke it', async () => {
    const file = join(folder, 'watched.yaml');
    writeFileSync(file, bot('Hi'));
    const watching = spawn(process.execPath, [main, 'script', 'test', file, '--watch'], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      let shown = '';
      watching.stdout.setEncoding('utf8').on('data', (text: string) => {
        shown += text;
      });
      const next = async (said: RegExp): Promise<void> => {
        await vi.waitFor(() => expect(shown).toMatch(said), { timeout: 30_000, interval: 50 });
        shown = '';
      };
      await next(/1 failed, 1 passed in \d+ ms\n.*waiting/s);
      // The watch may begin a moment after it was said: what is written is written until it is seen.
      const write = (text: string) =>
        vi.waitFor(
          () => {
            writeFileSync(file, text);
            expect(shown).not.toBe('');
          },
          { timeout: 30_000, interval: 500 },
        );
      await write(bot('Hello'));
      await next(/2 passed in \d+ ms\n.*waiting/s);
      await write('format: dialog-script/1\n');
      await next(/error.*waiting/s);
      await write(bot('Hello'));
      await next(/2 passed/);
    } finally {
      watching.kill();
    }
  });
});
