import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as ids from '@dialog/contracts/ids';
import { topics } from '@dialog/contracts/topics';
import { describe, expect, it } from 'vitest';
import { eventsOfStreams, recordsOfTopics, storedSchemas } from './stored-schemas.ts';

const contracts = fileURLToPath(new URL('../packages/contracts/src', import.meta.url));
/** What makes or is a stream's name, from every file of the contracts. */
const streams = (
  await Promise.all(
    readdirSync(contracts)
      .filter((name) => !name.endsWith('.test.ts'))
      .map(async (name) => Object.entries((await import(`@dialog/contracts/${name.replace('.ts', '')}`)) as Record<string, unknown>)),
  )
)
  .flat()
  .filter(([name]) => /Stream$/.test(name) && !/^(parse|subject)/.test(name));

const dialog = { account: 'a' as ids.AccountId, chatId: '7' as ids.ChatId };
const visitor = { account: 'a' as ids.AccountId, visitor: '0123456789abcdef' };
const beginnings = (stream: unknown): string[] => {
  if (typeof stream !== 'function') return [String(stream)];
  // One takes an account, others a subject: only the beginning is looked at.
  return [dialog, visitor].map((subject) => String(stream(subject))).map((name) => name.slice(0, name.indexOf('-') + 1));
};

describe('what is stored has a schema that a release keeps', () => {
  it.each(streams)('the events of %s', (_, stream) => {
    for (const beginning of beginnings(stream)) {
      // Disposable: read only by the fold that wrote it.
      if (beginning !== 'snap-') expect(Object.keys(eventsOfStreams)).toContain(beginning);
    }
  });

  it('the parked records of dialogs and of visitors', () => {
    for (const subject of [dialog, visitor]) {
      const name = ids.subjectParkedStream(subject);
      expect(eventsOfStreams[name.slice(0, name.indexOf('-') + 1)]?.folder).toBe('parked-events');
    }
  });

  it('the records of every topic', () => {
    expect(Object.keys(recordsOfTopics).sort()).toEqual(Object.values(topics).sort());
  });

  it('each has a path of its own, which the first release names too', () => {
    const paths = storedSchemas.map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
    const released = JSON.parse(readFileSync(new URL('../schemas/released/0.1.0.json', import.meta.url), 'utf8')) as object;
    for (const folder of new Set(paths.map((path) => path.split('/')[0]))) {
      expect(
        Object.keys(released).some((path) => path.split('/')[0] === folder),
        folder,
      ).toBe(true);
    }
  });
});
