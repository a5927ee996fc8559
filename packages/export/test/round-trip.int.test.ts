import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { realClock } from '@dialog/contracts/clock';
import { type ExportLine, exportCursor, exportText } from '@dialog/contracts/export-file';
import type { AccountId, ChatId } from '@dialog/contracts/ids';
import { openEventStore } from '@dialog/event-store/open-event-store';
import type { EventStore, NewEvent } from '@dialog/event-store/port';
import { findEventStores } from '@dialog/test-kit/event-store';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { handedOver, supportLife } from '../../../services/console/test/decided-dialog.ts';
import { live, move, options } from '../../domain/test/kit/moves.ts';
import { readExport, takeUp } from '../src/export-file.ts';
import { exportLines } from '../src/export-lines.ts';
import { ImportRefused, importLines } from '../src/import-lines.ts';
import { collected, type Folder, inPieces, linesOf, stateHashes, storedEvents, storesFolder, textOf, withTombstone } from './stores.ts';

const t0 = Date.parse('2026-03-02T09:00:00Z');
let folder: Folder;
beforeEach(async () => {
  folder = await storesFolder();
});
afterEach(() => folder.remove());

/** Dialogs that were decided, their appends mixed as a store has them. */
const write = async (store: EventStore, streams: readonly (readonly NewEvent[])[]): Promise<void> => {
  const appends = streams.map((events) => {
    const starts = events.flatMap((event, at) => (at === 0 || event.type === 'InputRecorded' ? [at] : []));
    return starts.map((start, at) => ({ start, events: events.slice(start, starts[at + 1]) }));
  });
  for (let round = 0; appends.some((of) => of.length > round); round++) {
    for (const [dialog, of] of appends.entries()) {
      const append = of[round];
      if (append === undefined) continue;
      await store.append(`dialog-shop-${dialog}`, append.events, append.start === 0 ? 'no_stream' : append.start - 1);
    }
  }
};
const withoutPlaces = (lines: readonly ExportLine[]) => lines.map((line) => (line.line === 'event' ? { ...line, position: '' } : line));
const again = (text: string): Promise<Awaited<ReturnType<typeof importLines>>> =>
  importLines(folder.store(`target-${text.length}`), readExport(inPieces(text)));

describe('export, import', () => {
  it('whatever happened to the dialogs: the same states; a repeated import writes nothing; an export of the import is the same', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(options, fc.array(move, { maxLength: 40 })), { minLength: 1, maxLength: 4 }), async (dialogs) => {
        run += 1;
        const [source, target] = [folder.store(`source-${run}`), folder.store(`target-${run}`)];
        await write(
          source,
          dialogs.map(([given, happens]) =>
            live(given, happens)
              .dialog.stream()
              .map(({ type, data, metadata }) => ({ id: randomUUID(), type, data, metadata })),
          ),
        );
        const exported = await linesOf(source);
        const text = textOf(exported);
        const events = await storedEvents(source);
        expect(await importLines(target, readExport(inPieces(text)))).toMatchObject({ events: events.length, already: 0 });
        const imported = await storedEvents(target);
        expect(stateHashes(imported)).toEqual(stateHashes(events));
        expect(withoutPlaces(await linesOf(target)).sort(byPlace)).toEqual(withoutPlaces(exported).sort(byPlace));
        expect(await importLines(target, readExport(inPieces(text)))).toMatchObject({ events: 0, already: events.length });
        expect(await storedEvents(target)).toEqual(imported);
      }),
      { numRuns: 10 },
    );
  });

  it('leaves out a dialog whose stream was deleted for good, and has the others', async () => {
    const source = folder.store('source');
    for (const chat of ['1', '2', '3']) await supportLife('shop', chat, t0).writeTo(source);
    const deleted = withTombstone(source, 'dialog-shop-2');
    const streamsOf = (lines: readonly ExportLine[]) =>
      [...new Set(lines.flatMap((line) => (line.line === 'event' ? [line.stream] : [])))].sort();
    expect(streamsOf(await linesOf(deleted))).toEqual(['dialog-shop-1', 'dialog-shop-3']);
    const chosen = ['1', '2', '3'].map((chatId) => ({ account: 'shop' as AccountId, chatId: chatId as ChatId }));
    expect(streamsOf(await linesOf(deleted, { dialogs: chosen }))).toEqual(['dialog-shop-1', 'dialog-shop-3']);
  });

  it('cut at any byte, it goes on to the very same bytes', async () => {
    const source = folder.store('source');
    for (const chat of ['1', '2', '3']) await supportLife('shop', chat, t0).writeTo(source);
    await handedOver('other', '4', t0).writeTo(source);
    const chosen = [3, 1].map((chat) => ({ account: 'shop', chatId: String(chat) }));
    for (const selection of [{}, { account: 'shop' }, { dialogs: chosen }] as Parameters<typeof linesOf>[1][]) {
      const whole = textOf(await linesOf(source, selection));
      const bytes = Buffer.from(whole);
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: bytes.length }), async (cut) => {
          const file = folder.path('cut.ndjson');
          await writeFile(file, bytes.subarray(0, cut));
          const begun = await takeUp(file);
          if (begun === undefined) {
            expect(cut).toBeLessThan(whole.indexOf('\n') + 1);
            return;
          }
          const { last, pinned, header } = begun;
          const rest = begun.ended
            ? []
            : await collected(
                exportLines({
                  store: source,
                  selection: header.selection,
                  until: header.until,
                  pinned,
                  ...(last === undefined ? {} : { after: exportCursor(header.selection, last) }),
                }),
              );
          expect((await readFile(file, 'utf8')) + rest.map(exportText).join('')).toBe(whole);
        }),
        { numRuns: 25 },
      );
    }
  });

  it('of one account, of some: theirs alone, with what they pin, once', async () => {
    const source = folder.store('source');
    const dialog = await supportLife('shop', '1', t0).writeTo(source);
    await supportLife('shop', '2', t0).writeTo(source);
    await handedOver('other', '3', t0).writeTo(source);
    const streams = (lines: readonly ExportLine[]) => [...new Set(lines.flatMap((line) => (line.line === 'event' ? [line.stream] : [])))];
    const account = await linesOf(source, { account: dialog.id.account });
    expect(streams(account)).toEqual(['dialog-shop-1', 'dialog-shop-2']);
    expect(account.filter((line) => line.line === 'script' || line.line === 'settings').map((line) => line.hash)).toEqual([
      dialog.scriptHash,
      dialog.settingsHash,
    ]);
    const one = await linesOf(source, { dialogs: [dialog.id] });
    expect(streams(one)).toEqual(['dialog-shop-1']);
    expect(one.at(-1)).toEqual({ line: 'end' });
    expect(await importLines(folder.store('target'), readExport(inPieces(textOf(one))))).toEqual({
      dialogs: 1,
      events: dialog.length(),
      already: 0,
      pins: 2,
    });
  });

  it('ends before what was recorded later', async () => {
    const source = folder.store('source');
    await supportLife('shop', '1', t0).writeTo(source);
    const events = await storedEvents(source);
    const until = events.at(-1)?.recordedAt ?? 0;
    expect(await linesOf(source, {}, until - 1_000_000)).toHaveLength(2);
    expect((await linesOf(source, {}, until)).filter((line) => line.line === 'event')).toHaveLength(events.length);
  });

  it('what was deleted of a stream is not exported', async () => {
    const source = folder.store('source');
    await supportLife('shop', '1', t0).writeTo(source);
    await supportLife('shop', '2', t0).writeTo(source);
    await source.deleteStream('dialog-shop-1');
    const exported = textOf(await linesOf(source));
    expect(exported).not.toContain('dialog-shop-1"');
    expect(exported).toContain('dialog-shop-2"');
  });

  it('refuses what differs, what has no end, what is no export and a pin that is not its hash, and says where', async () => {
    const source = folder.store('source');
    await supportLife('shop', '1', t0).writeTo(source);
    const text = textOf(await linesOf(source));
    const target = folder.store('target');
    await target.append('dialog-shop-1', [{ id: randomUUID(), type: 'InputRecorded', data: {}, metadata: {} }], 'no_stream');
    await expect(importLines(target, readExport(inPieces(text)))).rejects.toThrow(
      'dialog-shop-1 is there already and differs at revision 0',
    );
    await expect(again(text.replace('{"line":"end"}\n', ''))).rejects.toThrow('it was interrupted');
    await expect(again(text.replace('"script","hash":"', '"script","hash":"0'))).rejects.toThrow('is not what its hash says');
    await expect(again('{"format":"dialog-history/1"}\n')).rejects.toThrow('line 1');
    await expect(again(text.replace(/\n\{"line":"event"/, '\n{"line":"evnt"'))).rejects.toThrow(/line \d+: line: /);
  });

  it('of an export that broke off within a line the whole lines are imported, and it is called interrupted', async () => {
    const source = folder.store('source');
    const dialog = await supportLife('shop', '1', t0).writeTo(source);
    const text = textOf(await linesOf(source));
    const cut = text.slice(0, text.lastIndexOf('"line":"event"') + 20);
    const target = folder.store('target');
    const interrupted = importLines(target, readExport(inPieces(cut)));
    await expect(interrupted).rejects.toThrow('it was interrupted. What it has was imported');
    await expect(interrupted).rejects.toBeInstanceOf(ImportRefused);
    const last = await target.read('dialog-shop-1', { direction: 'backwards', maxCount: 1 });
    expect(last[0]?.revision).toBe(dialog.length() - 2);
  });

  it('an import that was interrupted is repeated', async () => {
    const source = folder.store('source');
    const dialog = await supportLife('shop', '1', t0).writeTo(source);
    const text = textOf(await linesOf(source));
    const lines = text.split('\n');
    const target = folder.store('target');
    await expect(importLines(target, readExport(inPieces(`${lines.slice(0, 20).join('\n')}\n`)))).rejects.toThrow('interrupted');
    const before = (await storedEvents(target)).length;
    expect(before).toBeGreaterThan(10);
    expect(await importLines(target, readExport(inPieces(text)))).toMatchObject({ already: before, events: dialog.length() - before });
    expect(stateHashes(await storedEvents(target))).toEqual(stateHashes(await storedEvents(source)));
  });

  it('goes from SQLite into EventStoreDB and comes back the same', async () => {
    const source = folder.store('source');
    await supportLife('shop', '1', t0).writeTo(source);
    await handedOver('shop', '2', t0).writeTo(source);
    const exported = await linesOf(source);
    const [server] = await findEventStores();
    const running = await server?.start();
    const target = await openEventStore({ url: running?.url ?? '', clock: realClock });
    try {
      const imported = await importLines(target, readExport(inPieces(textOf(exported))));
      expect(await importLines(target, readExport(inPieces(textOf(exported))))).toMatchObject({ events: 0, already: imported.events });
      expect(withoutPlaces(await linesOf(target)).sort(byPlace)).toEqual(withoutPlaces(exported).sort(byPlace));
    } finally {
      await target.close();
      await running?.stop();
    }
  });
});

const placeOf = (line: ExportLine): string =>
  line.line === 'event'
    ? `2 ${line.stream} ${String(line.revision).padStart(9, '0')}`
    : line.line === 'end'
      ? '3'
      : `1 ${JSON.stringify(line)}`;
const byPlace = (a: ExportLine, b: ExportLine): number => (placeOf(a) < placeOf(b) ? -1 : 1);
