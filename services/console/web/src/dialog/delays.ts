import type { Step } from './history.ts';

/** How long something took on its way, ms. */
export type Delay = { readonly key: 'received' | 'decided' | 'sent' | 'answered' | 'late'; readonly ms: number };

/**
 * Where the time of an event went: the webhook received → in the log → appended here; an effect appended → its request begun →
 * its result in the log. Clocks of several machines meet here, so that a small negative one reads as 0.
 */
export const delaysOf = (step: Step, sends: ReadonlyMap<string, Sent>): readonly Delay[] => {
  const { event, metadata } = step;
  const delays: Delay[] = [];
  const add = (key: Delay['key'], from: number | undefined, to: number | undefined): void => {
    if (from !== undefined && to !== undefined) delays.push({ key, ms: Math.max(0, to - from) });
  };
  switch (event.type) {
    case 'InputRecorded': {
      const { input } = event.data;
      if (input.type === 'effect_result') {
        const sent = sends.get(sendKey(input.number, input.attempt));
        add('sent', sent?.openedAt, input.sentAt);
        add('answered', input.sentAt ?? sent?.openedAt, metadata?.at);
      } else if (input.type !== 'timer_due') add('received', input.receivedAt, metadata?.at);
      add('decided', metadata?.at, event.recordedAt);
      break;
    }
    case 'EffectOpened':
    case 'EffectRetried': {
      const attempt = event.type === 'EffectOpened' ? 1 : event.data.attempt;
      const sent = sends.get(sendKey(event.data.number, attempt));
      add('sent', event.recordedAt, sent?.sentAt);
      add('answered', sent?.sentAt ?? event.recordedAt, sent?.answeredAt);
      break;
    }
    case 'DeadlineFired':
      delays.push({ key: 'late', ms: event.data.lateMs });
      break;
    default:
  }
  return delays;
};

/** One attempt of one effect, ms. */
export type Sent = { readonly openedAt: number; readonly sentAt?: number; readonly answeredAt?: number };
const sendKey = (number: number, attempt: number): string => `${number}/${attempt}`;

export const sendsOf = (history: readonly Step[]): ReadonlyMap<string, Sent> => {
  const sends = new Map<string, Sent>();
  for (const { event, metadata } of history) {
    if (event.type === 'EffectOpened') sends.set(sendKey(event.data.number, 1), { openedAt: event.recordedAt });
    else if (event.type === 'EffectRetried') sends.set(sendKey(event.data.number, event.data.attempt), { openedAt: event.recordedAt });
    else if (event.type === 'InputRecorded' && event.data.input.type === 'effect_result') {
      const { number, attempt, sentAt } = event.data.input;
      const key = sendKey(number, attempt);
      sends.set(key, {
        openedAt: sends.get(key)?.openedAt ?? event.recordedAt,
        ...(sentAt === undefined ? {} : { sentAt }),
        ...(metadata === null ? {} : { answeredAt: metadata.at }),
      });
    }
  }
  return sends;
};
