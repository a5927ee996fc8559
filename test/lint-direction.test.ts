import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const fixtures: string[] = [];
afterEach(() => {
  for (const file of fixtures.splice(0)) rmSync(file, { force: true });
});

type Linted = { readonly red: boolean; readonly says: string };

/** Lints files of one line each as if they stood in that folder, with the repository's own rules. */
const lintFiles = (folder: string, lines: Readonly<Record<string, string>>): Linted => {
  const files = Object.entries(lines).map(([name, line]) => {
    const file = `${root}${folder}/${name}`;
    fixtures.push(file);
    writeFileSync(file, `${line}\n`);
    return file;
  });
  const { status, stdout } = spawnSync('npx', ['oxlint', '--deny-warnings', ...files], { cwd: root, encoding: 'utf8' });
  return { red: status !== 0, says: stdout };
};
const lint = (folder: string, line: string): Linted => lintFiles(folder, { [`direction-${process.pid}.fixture.ts`]: line });

const rooms = globSync('{packages,services}/*', { cwd: root }).sort();
/** What a room may import of ours, as its package says. */
const declared = (room: string): readonly string[] => {
  const { dependencies = {} } = JSON.parse(readFileSync(`${root}${room}/package.json`, 'utf8')) as { dependencies?: object };
  return Object.keys(dependencies)
    .filter((name) => name.startsWith('@dialog/'))
    .map((name) => name.slice('@dialog/'.length))
    .sort();
};

describe('the direction of imports is held by the linter', () => {
  it.each([
    ['packages/contracts/src', "export { evolve } from '@dialog/domain/evolve';"],
    ['packages/domain/src', "export { exportLines } from '@dialog/export/export-lines';"],
    ['packages/script-tools/src', "export { currentOf } from '@dialog/script-versions/versions';"],
    ['packages/script-versions/src', "export { rehearse } from '@dialog/script-tools/rehearsal';"],
    ['packages/cli/src', "export { openSqlite } from '@dialog/sqlite/open';"],
    ['packages/test-kit/src', "export { evolve } from '@dialog/domain/evolve';"],
    ['services/console/src', "export { findKafka } from '@dialog/test-kit/kafka-broker';"],
    ['services/console/web/src', "export { botApiClient } from '@dialog/webim/bot-api/client';"],
    ['services/console/web/src/dialog', "export { botApiClient } from '@dialog/webim/bot-api/client';"],
    ['services/standalone/src', "export { evolve } from '@dialog/domain/evolve';"],
    ['packages/script/src', "export { evolve } from '@dialog/domain/evolve';"],
    ['packages/script/src', "export { readFile } from 'node:fs/promises';"],
    ['packages/domain/src', "export { readFile } from 'node:fs/promises';"],
    ['packages/domain/src', "export { sqliteLog } from '@dialog/log/sqlite/log';"],
    ['packages/domain/src', "export { rehearse } from '@dialog/script-tools/rehearsal';"],
    ['packages/script-tools/src', "export { readFile } from 'node:fs/promises';"],
    ['packages/what-if/src', "export { botApiClient } from '@dialog/webim/bot-api/client';"],
    ['packages/what-if/src', "export { openLog } from '@dialog/log/open-log';"],
    ['packages/what-if/src', "export { outboundService } from '@dialog/outbound/service';"],
    ['packages/what-if/src', "export { request } from 'node:http';"],
    ['packages/webim/src', "export { sqliteLog } from '@dialog/log/sqlite/log';"],
    ['packages/log/src', "export { projectorService } from '@dialog/projector/projector';"],
    ['packages/event-store/src', "export { sqliteLog } from '@dialog/log/sqlite/log';"],
    ['services/ingress/src', "export { evolve } from '@dialog/domain/evolve';"],
    ['services/outbound/src', "export { projectorService } from '@dialog/projector/projector';"],
    ['services/projector/src', "export { Kafka } from 'kafkajs';"],
    ['services/console/src', "export { EventStoreDBClient } from '@eventstore/db-client';"],
  ])('%s must not: %s', (folder, line) => {
    const { red, says } = lint(folder, line);
    expect(red).toBe(true);
    expect(says).toContain('no-restricted-imports');
  });

  it.each([
    ['packages/domain/src', "export { parseScript } from '@dialog/script/parse';"],
    ['packages/script-tools/src', "export { decide } from '@dialog/domain/decide';"],
    ['services/projector/src', "export { evolve } from '@dialog/domain/evolve';"],
  ])('%s may: %s', (folder, line) => {
    expect(lint(folder, line)).toMatchObject({ red: false });
  });

  it('no cycle', () => {
    const [one, other] = [`cycle-a-${process.pid}.fixture.ts`, `cycle-b-${process.pid}.fixture.ts`];
    const { red, says } = lintFiles('packages/domain/src', {
      [one]: `import { b } from './${other}';\nexport const a = (): number => b();`,
      [other]: `import { a } from './${one}';\nexport const b = (): number => a();`,
    });
    expect(red).toBe(true);
    expect(says).toContain('no-cycle');
  });
});

describe('what a room may import is said once: its package, the linter and ARCHITECTURE.md agree', () => {
  type Pattern = { readonly group: readonly string[] };
  type Override = { readonly files: readonly string[]; readonly rules: Readonly<Record<string, unknown>> };
  const { overrides } = JSON.parse(readFileSync(`${root}.oxlintrc.json`, 'utf8')) as { overrides: readonly Override[] };
  const bansOf = ({ rules }: Override): readonly Pattern[] | undefined => {
    const rule = rules['no-restricted-imports'];
    return Array.isArray(rule) ? (rule[1] as { patterns: readonly Pattern[] }).patterns : undefined;
  };
  const rows = [
    ...readFileSync(`${root}ARCHITECTURE.md`, 'utf8').matchAll(/^\| `((?:packages|services)\/[^`]+)` +\|[^|]*\| *([^|]*?) *\|$/gm),
  ].map(([, room = '', imports = '']) => ({ room, imports: imports === '–' ? [] : imports.split(', ').sort() }));

  it.each(rooms)('%s', (room) => {
    const bans = overrides
      .filter(({ files }) => files.some((file) => file.startsWith(`${room}/`)))
      .flatMap((one) => {
        const patterns = bansOf(one);
        return patterns === undefined ? [] : [patterns];
      });
    // A later override replaces the earlier one whole: each has to say it again.
    const directions = bans.map((patterns) => patterns.find(({ group }) => group[0] === '@dialog/**')?.group ?? []);
    expect(directions.length).toBeGreaterThan(0);
    for (const group of directions) {
      expect(group.slice(1).map((one) => /^!@dialog\/(.+)\/\*\*$/.exec(one)?.[1])).toEqual(declared(room));
    }
    expect(rows.find((row) => row.room === room)?.imports).toEqual(declared(room));
  });

  it('the rooms stand below what they import', () => {
    const order = rows.map(({ room }) => room.split('/')[1] ?? '');
    for (const [at, { room, imports }] of rows.entries()) {
      expect(
        imports.filter((name) => order.indexOf(name) > at || !order.includes(name)),
        room,
      ).toEqual([]);
    }
  });
});
