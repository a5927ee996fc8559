import type { DomainEvent, EventMetadata } from '@dialog/contracts/domain-event';

export type Recorded = DomainEvent & { readonly metadata: EventMetadata };
type OfType<T extends DomainEvent['type']> = Extract<Recorded, { type: T }>;
const all = <T extends DomainEvent['type']>(events: readonly Recorded[], type: T): OfType<T>[] =>
  events.filter((event): event is OfType<T> => event.type === type);

/** The slow way: cuts the whole stream into episodes, then asks each piece, and the whole, anew for every fact. Shares no code with the fold. */
export const recounted = (stream: readonly Recorded[]) => {
  const isTakenBack = (at: number): boolean => {
    const event = stream[at];
    return event?.type === 'FlagReset' && event.data.cause === 'webhook_repeated';
  };
  /** What a release leaves out stands at its own time, which may be before what is there: time does not run back. */
  const latest = (at: number): number => Math.max(...stream.slice(0, at + 1).map(({ metadata }) => metadata.at));
  // An end is a close, or a flag reset while the chat goes on; each piece runs from a beginning to just before the next one.
  const pieces: { from: number; to: number; end: number | null }[] = [];
  for (let at = 0; at < stream.length; at++) {
    const event = stream[at] as Recorded;
    const last = pieces.at(-1);
    const isUnderWay = last !== undefined && last.end === null;
    const begins =
      event.type === 'DialogStarted' ||
      (event.type === 'DialogReopened' && last !== undefined && !isUnderWay) ||
      (event.type === 'FlagReset' && isUnderWay && !isTakenBack(at) && event.metadata.owner !== 'nobody');
    const ends = isUnderWay && (event.type === 'DialogClosed' || (event.type === 'FlagReset' && !isTakenBack(at)));
    if (last !== undefined && ends) last.end = at;
    if (begins) {
      if (last !== undefined) last.to = at;
      pieces.push({ from: at, to: stream.length, end: null });
    }
  }
  return pieces.map(({ from, to, end }, index) => {
    const own = stream.slice(from, to);
    const first = stream[from] as Recorded;
    // The reset that ends it may be the very event that begins the next one.
    const withEnd = stream.slice(from, Math.max(to, (end ?? -1) + 1));
    const set = all(index === 0 ? own : own.slice(1), 'FlagSet').at(-1);
    const resetBack =
      set !== undefined &&
      all(withEnd, 'FlagReset').some((one) => one.data.episode === set.data.episode && one.data.cause === 'webhook_repeated');
    const handedOver = set !== undefined && !resetBack;
    const timeWith = (owner: string): number => {
      let sum = 0;
      for (let at = from + 1; at <= Math.min(end ?? stream.length - 1, stream.length - 1); at++) {
        const before = stream[at - 1] as Recorded;
        if (before.metadata.owner === owner) sum += latest(at) - latest(at - 1);
      }
      return sum;
    };
    const replies = all(stream, 'EffectOpened')
      .filter(({ data }) => ['reply', 'held', 'expired_reply'].includes(data.purpose))
      .map(({ data }) => data.number);
    const settled = (...outcomes: readonly string[]): number =>
      all(own, 'EffectSettled').filter(({ data }) => replies.includes(data.number) && outcomes.includes(data.outcome)).length;
    const closed = end === null ? undefined : stream[end];
    const before = stream.slice(0, end ?? 0);
    const cursor = all(before, 'ScriptAdvanced').at(-1)?.data.cursor ?? null;
    const ownerAtEnd = before.at(-1)?.metadata.owner;
    return {
      number: index + 1,
      startedAt: first.metadata.at,
      endedAt: closed?.metadata.at ?? null,
      handedOver,
      handoverCause: handedOver ? set.data.cause : null,
      asked: all(own, 'EffectOpened').some(({ data }) => data.purpose === 'handover' && data.effect.kind === 'redirect'),
      taken: all(own, 'OwnerChanged').some(({ data }) => data.owner === 'operator'),
      botMs: timeWith('bot'),
      queueMs: timeWith('queue'),
      operatorMs: timeWith('operator'),
      returned:
        set === undefined ? null : (all(stream, 'ReturnStarted').find(({ data }) => data.episode === set.data.episode)?.data.cause ?? null),
      closed: closed?.type === 'DialogClosed' ? closed.data.cause : null,
      leftAt:
        closed?.type === 'DialogClosed' &&
        ownerAtEnd === 'bot' &&
        before.at(-1)?.metadata.flag === false &&
        cursor !== null &&
        ['answer', 'press', 'message'].includes(cursor.waitsFor)
          ? cursor.step
          : null,
      fallbacks: Math.max(0, ...all(own, 'ScriptAdvanced').map(({ data }) => data.fallbackStreak)),
      repliesSent: settled('accepted', 'in_doubt'),
      repliesExpired: settled('expired'),
      repliesRefused: settled('refused'),
    };
  });
};
