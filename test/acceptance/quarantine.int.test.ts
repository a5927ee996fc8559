import { expect, it, vi } from 'vitest';
import { scenarios } from './cluster.ts';
import { onStage, type Stage } from './stage.ts';

const asked = async (stage: Stage, path: string, body?: object): Promise<{ status: number; body: Record<string, unknown> }> => {
  const response = await fetch(stage.world.engine().consoleUrl() + path, {
    ...(body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
type Entry = { partition: number; offset: number; verdict: string; fed: { by: string } | null };

scenarios('a quarantined webhook', () => {
  it('is looked at, repaired and given to the engine: the dialog goes on, its history has the input, the audit who did it and why', async () => {
    const stage = await onStage();
    const chatId = await stage.welcomed();
    const before = (await stage.history(chatId)).of('ScriptAdvanced').length;
    // As Webim would not: without the chat's number nobody knows whose it is.
    expect(await stage.posts({ event: 'new_message', message: { id: 'q1', kind: 'visitor', text: 'где мой заказ' } })).toBe(200);
    const found = await vi.waitFor(
      async () => {
        const { records } = (await asked(stage, `/api/quarantine?account=${stage.world.accountId}`)).body as { records: Entry[] };
        const [entry] = records.filter(({ verdict }) => verdict === 'no_chat_id');
        if (entry === undefined) throw new Error(`not in the quarantine: ${JSON.stringify(records)}`);
        return entry;
      },
      { timeout: 20_000 },
    );
    const place = `/api/quarantine/${found.partition}/${found.offset}`;
    expect((await asked(stage, place)).body).toMatchObject({ reads: { refused: 'no_chat_id' } });
    const who = { by: 'olga', reason: 'its chat is known from the journal' };
    expect((await asked(stage, `${place}/feed`, who)).status).toBe(422);
    const repaired = JSON.stringify({
      event: 'new_message',
      chat: { id: chatId },
      message: { id: 'q1', kind: 'visitor', text: 'где мой заказ' },
    });
    const fed = await asked(stage, `${place}/feed`, { ...who, body: repaired });
    expect([fed.status, fed.body['chatId']]).toEqual([202, String(chatId)]);
    const after = await stage.until(chatId, (now) => now.of('ScriptAdvanced').length > before && now.events.at(-1)?.metadata.head === null);
    expect(after.of('InputRecorded').map(({ input }) => input.inputId)).toContain(fed.body['inputId']);
    expect(after.owner()).toBe('bot');
    // Once is enough.
    expect((await asked(stage, `${place}/feed`, { ...who, body: repaired })).status).toBe(409);
    expect((await asked(stage, `/api/audit?account=${stage.world.accountId}`)).body).toMatchObject({
      actions: [{ action: 'quarantine_fed', ...who, chatId: String(chatId) }],
    });
  });
});
