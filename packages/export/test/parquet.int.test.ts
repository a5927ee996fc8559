import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decidedDialog, handedOver, supportLife } from '../../../services/console/test/decided-dialog.ts';
import { readExport } from '../src/export-file.ts';
import { writeParquet } from '../src/parquet.ts';
import { type Folder, inPieces, linesOf, storedEvents, storesFolder, textOf } from './stores.ts';

const docs = fileURLToPath(new URL('../../../docs/export.md', import.meta.url));
const t0 = Date.parse('2026-03-02T09:00:00Z');
let folder: Folder;
beforeEach(async () => {
  folder = await storesFolder();
});
afterEach(() => folder.remove());

/** The queries that docs/export.md shows, by the heading comment of each. */
const documented = async (): Promise<Map<string, string>> => {
  const blocks = [...(await readFile(docs, 'utf8')).matchAll(/```sql\n-- (.*)\n([\s\S]*?)```/g)];
  return new Map(blocks.map(([, title = '', sql = '']) => [title, sql]));
};

describe('a Parquet file', () => {
  it('is read by DuckDB: every event with every column, and the documented queries', async () => {
    const store = folder.store('source');
    await supportLife('shop', '8', t0).writeTo(store);
    await handedOver('shop', '9', t0).writeTo(store);
    await decidedDialog('shop', '11', t0).starts().says('абракадабра').delivered().writeTo(store);
    await handedOver('other', '10', t0 + 86_400_000).writeTo(store);
    const events = await storedEvents(store);
    const file = folder.path('all.parquet');
    expect(await writeParquet(file, readExport(inPieces(textOf(await linesOf(store)))))).toBe(events.length);

    const duck = await (await DuckDBInstance.create(':memory:')).connect();
    const ask = async (sql: string) =>
      (await duck.runAndReadAll(sql.replaceAll("'all.parquet'", `'${file}'`))).getRowObjectsJson() as Record<string, unknown>[];
    const described = await ask("DESCRIBE SELECT * FROM 'all.parquet'");
    const types = Object.fromEntries(described.map(({ column_name, column_type }) => [column_name, column_type]));
    expect(types).toEqual({
      account: 'VARCHAR',
      chat_id: 'VARCHAR',
      revision: 'INTEGER',
      event_id: 'VARCHAR',
      type: 'VARCHAR',
      at: 'TIMESTAMP',
      recorded_at: 'TIMESTAMP',
      epoch: 'INTEGER',
      owner: 'VARCHAR',
      flag: 'BOOLEAN',
      script: 'VARCHAR',
      data: 'JSON',
    });
    // docs/export.md names the same columns, in this order.
    const table = (await readFile(docs, 'utf8')).match(/\| column[\s\S]*?\n\n/)?.[0] ?? '';
    expect([...table.matchAll(/^\| `(\w+)` +\| (\w+)/gm)].map(([, name, type]) => [name, type])).toEqual(Object.entries(types));

    const rows = await ask(`SELECT *, epoch_ms("at")::VARCHAR AS at_ms, epoch_ms(recorded_at)::VARCHAR AS recorded_ms FROM 'all.parquet'`);
    expect(rows).toHaveLength(events.length);
    for (const [at, row] of rows.entries()) {
      const event = events[at];
      const { epoch, owner, flag, at: time, script } = (event?.metadata ?? {}) as Record<string, unknown>;
      expect(row).toMatchObject({ revision: event?.revision, event_id: event?.id, type: event?.type, epoch, owner, flag });
      expect(`dialog-${row['account']}-${row['chat_id']}`).toBe(event?.stream);
      expect(row['script']).toBe(script ?? null);
      expect([row['at_ms'], row['recorded_ms']]).toEqual([String(time), String(event?.recordedAt)]);
      expect(JSON.parse(String(row['data']))).toEqual(event?.data);
    }

    const queries = await documented();
    expect([...queries.keys()]).toEqual([
      'Dialogs handed over, by day',
      'How long people waited for an operator',
      'What visitors wrote that the bot did not understand',
    ]);
    const [byDay, waited, notUnderstood] = [...queries.values()];
    expect(await ask(byDay ?? '')).toEqual([
      { day: '2026-03-02', account: 'shop', dialogs: '3', handed_over: '1' },
      { day: '2026-03-03', account: 'other', dialogs: '1', handed_over: '1' },
    ]);
    const waits = await ask(waited ?? '');
    expect(waits).toHaveLength(2);
    for (const { seconds } of waits) expect(Number(seconds)).toBeGreaterThan(30);
    expect(await ask(notUnderstood ?? '')).toEqual([{ said: 'абракадабра', times: '1' }]);
    duck.closeSync();
  });

  it('has its name only once it is whole', async () => {
    const store = folder.store('source');
    await supportLife('shop', '8', t0).writeTo(store);
    const file = folder.path('cut.parquet');
    const text = textOf(await linesOf(store)).replace('{"line":"end"}\n', '');
    await expect(writeParquet(file, readExport(inPieces(text)))).rejects.toThrow('it was interrupted');
    expect(existsSync(file) || existsSync(`${file}.part`)).toBe(false);
  });

  it('of nothing has no rows', async () => {
    const file = folder.path('none.parquet');
    expect(await writeParquet(file, readExport(inPieces(textOf(await linesOf(folder.store('empty'))))))).toBe(0);
    const duck = await (await DuckDBInstance.create(':memory:')).connect();
    expect((await duck.runAndReadAll(`SELECT count(*) AS n FROM '${file}'`)).getRowObjectsJson()).toEqual([{ n: '0' }]);
    duck.closeSync();
  });
});
