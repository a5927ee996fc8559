import type { WhatIfDialog, WhatIfList, WhatIfState } from '@dialog/console/api/what-if';
import { expect, it, vi } from 'vitest';
import { scenarios } from './cluster.ts';
import { onStage, type Stage } from './stage.ts';

const ask = async <T>(stage: Stage, path: string, body?: object): Promise<T> => {
  const response = await fetch(`${stage.world.engine().consoleUrl()}/api/${path}`, {
    ...(body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as T;
  if (!response.ok) throw new Error(`${response.status} ${JSON.stringify(answer)}`);
  return answer;
};

const until = <T>(read: () => Promise<T>, wanted: (now: T) => boolean): Promise<T> =>
  vi.waitFor(
    async () => {
      const now = await read();
      if (!wanted(now)) throw new Error(`never: ${JSON.stringify(now)}`);
      return now;
    },
    { timeout: 120_000, interval: 100 },
  );

const tried = async (stage: Stage, body: object): Promise<WhatIfState & WhatIfList> => {
  const { id } = await ask<{ id: string }>(stage, 'what-if', { choose: { account: stage.world.accountId }, ...body });
  const state = await until(
    () => ask<WhatIfState>(stage, `what-if/${id}`),
    (now) => now.state !== 'running',
  );
  return { ...state, ...(await ask<WhatIfList>(stage, `what-if/${id}/dialogs`)) };
};

scenarios('13: another script version is tried on recorded dialogs', () => {
  it('only the dialogs that would really differ are listed, each with its first difference; nothing reaches Webim', async () => {
    const stage = await onStage();
    const { webim, until: history } = stage;
    const greeted = await stage.welcomed();
    const priced = await stage.welcomed();
    webim.press(priced, 'price');
    await history(priced, (now) => now.of('EffectSettled').length > 2);
    const ordered = await stage.welcomed();
    webim.press(ordered, 'order');
    await history(ordered, (now) => now.events.at(-1)?.metadata.head === null && now.of('ScriptAdvanced').length > 1);
    webim.say(ordered, '204512');
    await history(ordered, (now) => now.of('Marked').some(({ name }) => name === 'order_answered'));
    const handed = await stage.withOperator();
    webim.closeFinally(handed);
    await history(handed, (now) => now.of('ReturnStarted').length === 1);
    for (const chatId of [greeted, priced, ordered]) await stage.quiet(chatId);
    const chats = [greeted, priced, ordered, handed];
    await until(
      () => ask<{ dialogs: readonly unknown[] }>(stage, `dialogs?account=${stage.world.accountId}`),
      ({ dialogs }) => dialogs.length === chats.length,
    );

    const script = (await stage.history(greeted)).of('DialogStarted')[0]?.script;
    const { source } = await ask<{ source: string }>(stage, `scripts/${script}`);
    const lengths = async () => Promise.all(chats.map(async (chatId) => (await stage.history(chatId)).events.length));
    const before = { heard: chats.map((chatId) => stage.heard(chatId)), lengths: await lengths() };

    // The same script, by its text and by its hash: nobody differs.
    for (const same of [{ source }, { script }]) {
      expect(await tried(stage, same)).toMatchObject({
        state: 'done',
        chosen: 4,
        dialogs: [],
        totals: {
          dialogs: 4,
          differ: 0,
          repliesChanged: 0,
          diverged: 0,
          gaps: {},
          handovers: { before: 1, now: 1 },
          returns: { before: 1, now: 1 },
        },
      });
    }

    // Other words for the price list: only who asked for it.
    const price = await tried(stage, { source: edited(source, 'Наш прайс-лист:', 'Цены этой недели:') });
    expect(price.dialogs.map(({ chatId }) => chatId)).toEqual([String(priced)]);
    expect(price.dialogs[0]).toMatchObject({
      repliesChanged: 1,
      first: { before: { text: 'Наш прайс-лист:' }, now: { text: 'Цены этой недели:' } },
      diverged: null,
    });
    const told = await ask<WhatIfDialog>(stage, `what-if/${price.id}/dialogs/${stage.world.accountId}/${priced}`);
    expect([told.transcripts.before, told.transcripts.now].map((seen) => seen.some(({ text }) => text === 'Цены этой недели:'))).toEqual([
      false,
      true,
    ]);

    // No button to an operator: the handover and its Return are lost; he could not have pressed it.
    const closed = await tried(stage, { source: edited(source, ', { id: human, text: "Оператор", go: to_human }', '') });
    expect(closed.totals).toMatchObject({ differ: 4, diverged: 1 });
    expect(closed.dialogs.find(({ chatId }) => chatId === String(handed))).toMatchObject({ diverged: { why: 'button_not_shown' } });

    // Another question in the place of the order's number: who answered it is not guessed further.
    const asks = edited(
      edited(source, '  order_no: { type: text }', '  order_no: { type: text }\n  city: { type: text }'),
      'text: "Назовите номер заказа (6 цифр)."\n          save: order_no',
      'text: "Из какого вы города?"\n          save: city',
    );
    const other = await tried(stage, { source: asks });
    expect(other.dialogs.map(({ chatId, diverged, end }) => [chatId, diverged?.why, end.now])).toEqual([
      [String(ordered), 'not_asked', null],
    ]);

    expect({ heard: chats.map((chatId) => stage.heard(chatId)), lengths: await lengths() }).toEqual(before);
  });
});

const edited = (source: string, from: string, to: string): string => {
  const changed = source.replace(from, to);
  if (changed === source) throw new Error(`the script does not say ${from}`);
  return changed;
};
