import { realClock } from '@dialog/contracts/clock';
import { type ExportEvent, type ExportLine, type ExportSelection, exportCursor } from '@dialog/contracts/export-file';
import { dialogStream } from '@dialog/contracts/ids';
import { openEventStore } from '@dialog/event-store/open-event-store';
import { readExport, readExportFile } from '@dialog/export/export-file';
import { exportLines } from '@dialog/export/export-lines';
import { type ConsoleOptions, credentials } from '../console-api.ts';

/** What of an export is there already. */
export type There = { readonly last: ExportEvent | undefined; readonly pinned: ReadonlySet<string> };
/** Lines after the header. Ends by an error where it is interrupted. */
export type Source = (selection: ExportSelection, until: number | null, there: There) => AsyncGenerator<ExportLine>;

/** Of one request: what the API takes. */
const dialogsAsked = 100;

/** Straight from the store that an `EVENTS_URL` names. */
export const fromStore = (url: string): Source =>
  async function* (selection, until, { last, pinned }) {
    const store = await openEventStore({ url, clock: realClock, mustExist: true });
    try {
      const after = last === undefined ? {} : { after: exportCursor(selection, last) };
      yield* exportLines({ store, selection, until, pinned, ...after });
    } finally {
      await store.close();
    }
  };

/** Of an export that is there already. */
export async function* fromFile(file: string): AsyncGenerator<ExportLine> {
  let ended = false;
  for await (const line of readExportFile(file)) {
    ended = line.line === 'end';
    if (line.line !== 'header') yield line;
  }
  if (!ended) throw new Error(`${file} has no end: that export was interrupted`);
}

/** From the console's `/api/export`: dialogs that are named in parts, since an address has a length. */
export const fromConsole = (options: ConsoleOptions): Source =>
  async function* (selection, until, { last, pinned }) {
    const headers = await credentials(options);
    const had = new Set(pinned);
    for (const part of partsOf(selection, last)) {
      const url = new URL('/api/export', options.console);
      if (until !== null) url.searchParams.set('until', String(until));
      if (part.after !== undefined) url.searchParams.set('after', part.after);
      if (selection.account !== undefined) url.searchParams.set('account', selection.account);
      for (const { account, chatId } of part.dialogs ?? []) url.searchParams.append('dialog', `${account}/${chatId}`);
      for await (const line of answered(url, headers)) {
        if (line.line === 'header' || line.line === 'end') continue;
        if (line.line !== 'event') {
          if (had.has(line.hash)) continue;
          had.add(line.hash);
        }
        yield line;
      }
    }
    yield { line: 'end' };
  };

type Part = { readonly after?: string; readonly dialogs?: NonNullable<ExportSelection['dialogs']> };

const partsOf = (selection: ExportSelection, last: ExportEvent | undefined): Part[] => {
  const after = last === undefined ? {} : { after: exportCursor(selection, last) };
  if (selection.dialogs === undefined) return [after];
  const begun = last === undefined ? 0 : selection.dialogs.findIndex((one) => dialogStream(one) === last.stream);
  const parts: Part[] = [];
  for (let at = Math.max(0, begun); at < selection.dialogs.length; at += dialogsAsked) {
    parts.push({ dialogs: selection.dialogs.slice(at, at + dialogsAsked), ...(parts.length === 0 ? after : {}) });
  }
  return parts;
};

/** The lines of one answer; it must have its end, or it was interrupted. */
async function* answered(url: URL, headers: Record<string, string>): AsyncGenerator<ExportLine> {
  const response = await fetch(url, { headers, redirect: 'error' });
  if (!response.ok || response.body === null) {
    const problem = (await response.json().catch(() => ({}))) as { title?: string; errors?: { field: string; message: string }[] };
    const details = problem.errors?.map((one) => `; ${one.field}: ${one.message}`).join('') ?? '';
    throw new Error(`the console refused: ${problem.title ?? response.status}${details}`);
  }
  let ended = false;
  for await (const line of readExport(withHeader(response.body, url.searchParams.has('after')))) {
    ended = line.line === 'end';
    yield line;
  }
  if (!ended) throw new Error('the answer broke off');
}

/** What goes on after an event has no header of its own; the reader of exports wants one. */
async function* withHeader(body: AsyncIterable<Uint8Array>, goesOn: boolean): AsyncGenerator<Uint8Array> {
  const header = { line: 'header', format: 'dialog-export/1', producer: '', exportedAt: 0, until: null, selection: {}, pseudonyms: null };
  if (goesOn) yield Buffer.from(`${JSON.stringify(header)}\n`);
  yield* body;
}
