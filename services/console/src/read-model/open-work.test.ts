import { readFileSync } from 'node:fs';
import type { DomainEvent } from '@dialog/contracts/domain-event';
import type { DialogId } from '@dialog/contracts/ids';
import { evolve } from '@dialog/domain/evolve';
import { type DialogState, initialDialog } from '@dialog/domain/state';
import { expect, it } from 'vitest';
import { decidedDialog, handedOver, supportLife } from '../../test/decided-dialog.ts';
import { type DialogRow, foldRow } from './row.ts';

const t0 = Date.parse('2026-03-02T09:00:00Z');
type Stored = { readonly type: string; readonly data: unknown; readonly metadata?: unknown };

/** As the frozen streams have it: owner, epoch and flag stand beside the event. */
const frozen = (): Stored[] => {
  let at = t0;
  return readFileSync(new URL('../../../../packages/domain/test/fixtures/demo-0.1.0.jsonl', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Stored & { owner: string | null; epoch: number; flag: boolean })
    .map(({ type, data, owner, epoch, flag }) => {
      if (type === 'InputRecorded') at = (data as { at: number }).at;
      const metadata = { $correlationId: 'demo:1', $causationId: 'x', schemaVersion: 1, producer: 't', at, owner, epoch, flag, head: null };
      return { type, data, metadata };
    });
};

const inDoubt = () => {
  const dialog = decidedDialog('shop', '9', t0, undefined, { inDoubt: 'park' }).starts();
  dialog.passes(5_000).presses('order', 'Где мой заказ?');
  dialog.passes(200).says('и ещё').says('и ещё раз');
  dialog.answers({ outcome: 'in_doubt', code: 'timeout' });
  return dialog;
};
const overdue = () => {
  const dialog = handedOverOnly();
  for (let turn = 0; turn < 6; turn++) dialog.wakes();
  return dialog;
};
const handedOverOnly = () => {
  const dialog = decidedDialog('shop', '8', t0).starts('Здравствуйте');
  dialog.passes(5_000).says('позовите оператора');
  dialog.passes(300).answers({ outcome: 'deferred', code: 'circuit_open', notBefore: dialog.now() + 5_000 });
  dialog.passes(1_000).says('ну что?').says('эй');
  dialog.wakes().delivered();
  dialog.passes(20_000).says('кто-нибудь?');
  return dialog;
};

it.each([
  ['a stream of a released version', frozen],
  ['a life with the bot', () => supportLife('shop', '1', t0).stored()],
  ['a life with people', () => handedOver('shop', '2', t0).stored()],
  ['a handover that Webim put off', () => handedOverOnly().stored()],
  ['a send in doubt that parked it', () => inDoubt().stored()],
  ['an overdue close', () => overdue().stored()],
])('%s: after each event the row says of open work what the domain’s state says', (_, events: () => Stored[]) => {
  const id = { account: 'shop', chatId: '1' } as unknown as DialogId;
  let row: DialogRow | undefined;
  let state: DialogState = initialDialog;
  let seen = 0;
  events().forEach((event, revision) => {
    state = evolve(state, { type: event.type, data: event.data } as DomainEvent);
    row = foldRow(id, row, { revision, type: event.type, data: event.data, metadata: event.metadata, recordedAt: t0 });
    if (state.status !== 'live') return;
    seen++;
    const live = state;
    const { work } = row;
    const place = `${revision} ${event.type}`;
    expect([
      place,
      work.effects.map(({ number, attempt, kind, purpose, notBefore }) => ({ number, attempt, kind, purpose, notBefore })),
    ]).toEqual([
      place,
      live.effects.map(({ number, attempt, effect, purpose, notBefore }) => ({ number, attempt, kind: effect.kind, purpose, notBefore })),
    ]);
    const deadlines = Object.fromEntries(work.deadlines.map(({ name, at, setAt }) => [name, { at, setAt }]));
    expect([place, deadlines]).toEqual([place, live.deadlines]);
    expect([place, work.waiting.flatMap(({ at, count }) => Array.from({ length: count }, () => at))]).toEqual([
      place,
      live.waiting.map(({ at }) => at),
    ]);
    expect([place, work.step, work.overdue !== null, work.parked !== null]).toEqual([
      place,
      live.scriptState.cursor?.step ?? null,
      live.closeOverdueAt !== null,
      live.parked,
    ]);
  });
  expect(seen).toBeGreaterThan(3);
});

it('an effect says since when the dialog waits for it, and why it was not done before; a timer which event armed it', () => {
  const dialog = decidedDialog('shop', '8', t0).starts('Здравствуйте');
  dialog.passes(5_000).says('позовите оператора');
  const openedAt = dialog.now();
  dialog.passes(300).answers({ outcome: 'deferred', code: 'circuit_open', notBefore: openedAt + 9_000 });
  let row: DialogRow | undefined;
  const events = dialog.stored();
  for (const event of events) row = foldRow({ account: 'shop', chatId: '8' } as unknown as DialogId, row, event);
  expect(row?.work.effects[0]).toMatchObject({
    openedAt,
    since: openedAt + 300,
    notBefore: openedAt + 9_000,
    code: 'circuit_open',
    why: 'deferred',
  });
  const retry = row?.work.deadlines.find(({ name }) => name === 'retry');
  expect(retry).toMatchObject({ at: openedAt + 9_000, setAt: openedAt + 300, input: 'effect_result' });
  expect(events[retry?.setBy ?? -1]).toMatchObject({ type: 'DeadlineSet', data: { name: 'retry' } });
});

it('a parked dialog that gets its chat back is parked since its first marker, for its reason', () => {
  const events = inDoubt().stored();
  const again = {
    ...events.at(-1),
    type: 'DialogParked',
    data: { reason: 'follows', inputId: 'dialog.inbox/0/9' },
    revision: events.length,
  };
  let row: DialogRow | undefined;
  for (const event of [...events, again as (typeof events)[number]])
    row = foldRow({ account: 'shop', chatId: '9' } as unknown as DialogId, row, event);
  expect(row?.work.parked?.reason).toBe('send_in_doubt');
});
