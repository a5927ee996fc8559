import { describe, expect, it } from 'vitest';
import { type DialogRow, foldRow } from '../../../src/read-model/row.ts';
import { aDialog, inQueue, newChat, started, visitorSays } from '../../../test/sample-dialogs.ts';
import { belongs, filterQuery, instantOf, listPath, localField, parseFilter, withFilter } from './filter.ts';

const t0 = Date.parse('2026-03-02T09:00:00Z');
const rowOf = (dialog: ReturnType<typeof aDialog>): DialogRow => {
  let row: DialogRow | undefined;
  for (const [revision, event] of dialog.appends.flat().entries()) row = foldRow(dialog.id, row, { ...event, revision, recordedAt: t0 });
  if (row === undefined) throw new Error('no events');
  return row;
};

describe('the filter in the address', () => {
  it('comes back as it was written, and leaves out what it does not know', () => {
    const filter = { account: 'shop', problem: 'any', text: 'где заказ?', from: '2026-03-02T09:00:00.000Z' };
    expect(parseFilter(new URLSearchParams(filterQuery(filter)))).toEqual(filter);
    expect(parseFilter(new URLSearchParams('account=&rev=3&text=%20%20&owner=bot'))).toEqual({ owner: 'bot' });
    expect([listPath({}), listPath({ flag: 'true' })]).toEqual(['/', '/?flag=true']);
    expect(withFilter(withFilter({ owner: 'bot' }, 'flag', 'true'), 'owner', undefined)).toEqual({ flag: 'true' });
  });

  it('gives a local time back as the same instant, and none for nothing', () => {
    const instant = '2026-03-02T09:05:00.000Z';
    expect(instantOf(localField(instant))).toBe(instant);
    expect([localField(undefined), localField('never'), instantOf(''), instantOf('x')]).toEqual(['', '', undefined, undefined]);
  });
});

describe('a row that came live', () => {
  it.each([
    [{}, true],
    [{ owner: 'queue', flag: 'true', state: 'open' }, true],
    [{ owner: 'bot' }, false],
    [{ problem: 'any' }, false],
    [{ visitor: 'aa11bb22cc33dd44' }, true],
    [{ from: '2026-03-02T09:00:00Z', to: '2026-03-02T10:00:00Z' }, true],
    [{ to: '2026-03-02T09:00:00Z' }, false],
    [{ from: '2026-03-02T10:00:00Z' }, false],
  ])('belongs under %j: %s', (filter, does) => {
    expect(belongs(rowOf(inQueue('shop', '1', t0)), filter)).toBe(does);
  });

  it('of a chat that the bot never had belongs only where it is asked for', () => {
    const row: DialogRow = {
      ...rowOf(aDialog('shop', '1', t0).input(0, newChat(visitorSays('?')), ...started)),
      status: 'unseen',
      state: 'unseen',
    };
    expect([belongs(row, {}), belongs(row, { state: 'unseen' })]).toEqual([false, true]);
  });
});
