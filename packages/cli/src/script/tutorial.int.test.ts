import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const tutorial = readFileSync(new URL('../../../../docs/tutorial.md', import.meta.url), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'tutorial-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Block = { readonly info: string; readonly body: string; readonly line: number };
const blocks: readonly Block[] = [...tutorial.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map((match) => ({
  info: match[1] ?? '',
  body: match[2] ?? '',
  line: tutorial.slice(0, match.index).split('\n').length,
}));

/** What differs from run to run. */
const stable = (text: string): string => text.replace(/in \d+ ms/g, 'in 12 ms');

/** One command with what the page shows below it. */
const commandsOf = (body: string): { readonly command: string; readonly shown: string }[] =>
  body
    .split(/^\$ /m)
    .filter((part) => part !== '')
    .map((part) => {
      const end = part.indexOf('\n');
      return { command: part.slice(0, end), shown: part.slice(end + 1) };
    });

const run = (command: string): string => {
  const shell = `dialogctl() { "$NODE" "$MAIN" "$@"; }\n${command}`;
  const env = { ...process.env, NODE: process.execPath, MAIN: main };
  const { stdout, stderr } = spawnSync('bash', ['-c', shell], { cwd: folder, encoding: 'utf8', env });
  return stdout + stderr;
};

const write = ({ info, body }: Block): void => {
  const [, how, name = ''] = /(title|append|replace)="([^"]+)"/.exec(info) ?? [];
  const file = join(folder, name);
  if (how === 'title') writeFileSync(file, body);
  if (how === 'append') appendFileSync(file, body);
  if (how === 'replace') {
    const [before = '', after = ''] = body.split('---\n');
    const text = readFileSync(file, 'utf8');
    expect(text).toContain(before);
    writeFileSync(file, text.replace(before, after));
  }
};

describe('the tutorial, command by command', () => {
  it('has files and commands', () => {
    expect(blocks.filter(({ info }) => info.includes('="'))).toHaveLength(5);
    expect(blocks.filter(({ info }) => info === 'console').flatMap(({ body }) => commandsOf(body))).toHaveLength(12);
  });

  for (const block of blocks) {
    if (block.info === 'console') {
      for (const { command, shown } of commandsOf(block.body)) {
        it(`line ${block.line}: ${command}`, () => {
          expect(stable(run(command))).toBe(stable(shown));
        });
      }
    } else if (block.info.includes('="')) it(`line ${block.line}: the file`, () => write(block));
  }
});
