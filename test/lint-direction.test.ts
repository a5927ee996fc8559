import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const fixtures: string[] = [];
afterEach(() => {
  for (const file of fixtures.splice(0)) rmSync(file, { force: true });
});

/** Lints one line as if it stood in that folder, with the repository's own rules. */
const lint = (folder: string, line: string): { readonly red: boolean; readonly says: string } => {
  const file = `${root}${folder}/direction-${process.pid}.fixture.ts`;
  fixtures.push(file);
  writeFileSync(file, `${line}\n`);
  const { status, stdout } = spawnSync('npx', ['oxlint', '--deny-warnings', file], { cwd: root, encoding: 'utf8' });
  return { red: status !== 0, says: stdout };
};

describe('the direction of imports is held by the linter', () => {
  it.each([
    ['packages/contracts/src', "export { evolve } from '@dialog/domain/evolve';"],
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
});
