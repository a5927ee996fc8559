import type { DomainEvent, EventMetadata } from '@dialog/contracts/domain-event';

/** What is wrong with the demo's history; [] where it is as it must be. */
export const judge = (history: readonly (DomainEvent & { readonly metadata: EventMetadata })[]): string[] => {
  const faults: string[] = [];
  const expect = (holds: boolean, what: string): void => {
    if (!holds) faults.push(`expected: ${what}`);
  };
  const of = <T extends DomainEvent['type']>(type: T) =>
    history.filter((event): event is typeof event & { type: T } => event.type === type);
  const causes = of('FlagReset').map((event) => (event.data as { cause: string }).cause);
  const returns = of('ReturnStarted').map((event) => event.data as { cause: string; script: string | null; episode: number });
  expect(history[0]?.type === 'InputRecorded', 'the first event is the input');
  expect(of('DialogStarted').length === 1, 'the dialog starts once');
  expect(of('FlagSet').length === 2, 'the flag is set twice');
  expect(
    causes.join() === 'operator_redirect,auto_close_timeout',
    `the flag is reset by operator_redirect, then auto_close_timeout, not ${causes.join()}`,
  );
  expect(returns.map((one) => one.cause).join() === causes.join(), 'Return runs once per episode, with its cause');
  expect(new Set(returns.map((one) => one.episode)).size === 2, 'each Return has an episode of its own');
  expect(
    returns.every((one) => one.script !== null),
    'a script takes each Return',
  );
  const opened = of('EffectOpened').map((event) => (event.data as { number: number }).number);
  const settled = of('EffectSettled').map((event) => event.data as { number: number; outcome: string });
  expect(
    opened.every((number) => settled.some((one) => one.number === number)),
    'every effect has its end',
  );
  expect(
    settled.every((one) => one.outcome === 'accepted'),
    'every effect is accepted',
  );
  const epochs = history.map((event) => event.metadata.epoch);
  expect(
    epochs.every((epoch, at) => at === 0 || epoch >= (epochs[at - 1] ?? 0)),
    'the epoch never falls',
  );
  const last = history.at(-1)?.metadata;
  expect(last?.owner === 'nobody' && !last.flag, 'at the end nobody has the chat and the flag is not set');
  return faults;
};
