import type { LagReport } from '@dialog/console/lag/report';
import { groups } from '@dialog/contracts/topics';
import { type EventStore, EventStoreError } from '@dialog/event-store/port';
import { expect, it, vi } from 'vitest';
import { scenarios } from './cluster.ts';
import { onStage } from './stage.ts';

scenarios('the lag, from outside', () => {
  it('a projector whose store is away is told as paused, and how long people wait; then it catches up by itself', async () => {
    let away = false;
    const store = (inner: EventStore): EventStore => {
      const guard =
        <A extends unknown[], T>(call: (...args: A) => Promise<T>) =>
        async (...args: A): Promise<T> => {
          if (away) throw new EventStoreError('unavailable', 'away');
          return call(...args);
        };
      return { ...inner, append: guard(inner.append), read: guard(inner.read) };
    };
    const stage = await onStage({ engine: { wrap: { store } } });
    const chatId = await stage.welcomed();
    const projector = async () => {
      const response = await fetch(`${stage.world.engine().consoleUrl()}/api/lag`);
      const report = (await response.json()) as LagReport;
      expect(report.unknownSince).toBeNull();
      return report.groups.find(({ group }) => group === groups.projector);
    };
    const until = (check: (lag: Awaited<ReturnType<typeof projector>>) => void) =>
      vi.waitFor(async () => check(await projector()), { timeout: 40_000, interval: 100 });

    await until((lag) => expect(lag).toMatchObject({ state: 'OK' }));
    away = true;
    expect(
      await stage.posts({ event: 'new_message', chat_id: chatId, message: { id: 'm-1', kind: 'visitor', text: 'где мой заказ' } }),
    ).toBe(200);
    await until((lag) => {
      expect(lag?.state).toBe('PAUSED');
      expect(lag?.lag).toBeGreaterThan(0);
      expect(lag?.ageMs).toBeGreaterThan(0);
      expect(lag?.behindMs).toBeGreaterThan(0);
    });
    away = false;
    await until((lag) => expect(lag).toMatchObject({ state: 'OK' }));
  });
});
