import type { DomainEventOf } from '@dialog/contracts/domain-event';
import type { Effect } from '@dialog/contracts/effects';
import type { DecidedEvent } from '@dialog/domain/decide';
import type { OpenEffect } from '@dialog/domain/state';
import type { Script, Verb } from '@dialog/script/model';
import { durationText } from './clock-text.ts';
import type { Given } from './given.ts';

/** What one who watches the chat sees, in order. */
export type TranscriptLine = {
  /** ms since the epoch. */
  readonly at: number;
  readonly who: 'visitor' | 'bot' | 'people' | 'webim' | 'service' | 'clock';
  readonly text: string;
  readonly buttons?: readonly (readonly { readonly id: string; readonly text: string }[])[];
  /** The step that said it, where a script did. */
  readonly step?: { readonly path: string; readonly line: number };
  /** Webim did not take it, and why. */
  readonly refused?: string;
};

type Told = Extract<DecidedEvent, { type: 'ScriptAdvanced' }>['data']['trace']['steps'][number];

/** Follows a history and writes down what is seen of it. */
export const transcriber = (script: Script) => {
  const lines: TranscriptLine[] = [];
  /** By dialog and number: two chats count their effects from 1 each. */
  const opened = new Map<string, { effect: Effect; asksBack: boolean; group: string | undefined; step: TranscriptLine['step'] }>();
  let steps: Told[] = [];

  /** The steps of a run in order, its effects in order: each effect belongs to the next step that can have opened it. */
  const stepOf = (data: DomainEventOf<'EffectOpened'>['data'], group: string | undefined): TranscriptLine['step'] => {
    if (data.purpose !== 'reply' && data.purpose !== 'handover' && data.purpose !== 'close' && data.purpose !== 'http') return undefined;
    if (group !== undefined) {
      const before = [...opened.values()].find((one) => one.group === group);
      if (before !== undefined) return before.step;
    }
    const at = steps.findIndex((told) => opens(script.steps.get(told.step)?.verb, data.effect));
    const step = steps[at];
    if (step === undefined) return undefined;
    // A handover says its text first, and is asked for then.
    steps = steps.slice(data.effect.kind === 'text' && script.steps.get(step.step)?.verb === 'handover' ? at : at + 1);
    return { path: step.step, line: step.line };
  };

  const settled = (event: DecidedEvent & DomainEventOf<'EffectSettled'>): void => {
    const { outcome, reason } = event.data;
    const key = keyOf(event, event.data.number);
    const known = opened.get(key);
    opened.delete(key);
    if (known === undefined || outcome === 'suppressed') return;
    const told = known.asksBack ? ({ who: 'webim', text: 'the bot asks for the chat, and has it back' } as const) : toldOf(known.effect);
    if (told === undefined) return;
    lines.push({
      at: event.metadata.at,
      ...told,
      ...(known.step === undefined ? {} : { step: known.step }),
      ...(outcome === 'accepted' || outcome === 'in_doubt' ? {} : { refused: reason ?? outcome }),
    });
  };

  return {
    lines: (): readonly TranscriptLine[] => lines,
    given: (given: Given, at: number): void => {
      const told = givenLine(given);
      if (told !== undefined) lines.push({ at, ...told });
    },
    asked: (dialog: string, open: OpenEffect, at: number): void => {
      if (open.effect.kind !== 'http') return;
      const step = opened.get(`${dialog}/${open.number}`)?.step;
      lines.push({
        at,
        who: 'service',
        text: `is asked: ${open.effect.method} ${open.effect.url}`,
        ...(step === undefined ? {} : { step }),
      });
    },
    follow: (events: readonly DecidedEvent[]): void => {
      for (const event of events) {
        if (event.type === 'ScriptAdvanced') steps = [...event.data.trace.steps];
        else if (event.type === 'EffectOpened') {
          const group = event.data.group === undefined ? undefined : keyOf(event, event.data.group);
          opened.set(keyOf(event, event.data.number), {
            effect: event.data.effect,
            asksBack: event.data.purpose === 'ask_back',
            group,
            step: stepOf(event.data, group),
          });
        } else if (event.type === 'EffectRetried' && event.data.effect !== undefined) {
          const known = opened.get(keyOf(event, event.data.number));
          if (known !== undefined) opened.set(keyOf(event, event.data.number), { ...known, effect: event.data.effect });
        } else if (event.type === 'EffectSettled') settled(event);
        else if (event.type === 'TextHeld')
          lines.push({ at: event.metadata.at, who: 'bot', text: event.data.text, refused: "held for the person's next chat" });
        else if (event.type === 'TextDropped') {
          lines.push({ at: event.metadata.at, who: 'bot', text: event.data.text, refused: 'no chat is open' });
        }
      }
    },
  };
};

const keyOf = (event: DecidedEvent, number: number): string => `${event.metadata.$correlationId}/${number}`;

const saying: readonly (Verb | undefined)[] = ['say', 'ask', 'menu', 'handover', 'file'];

const opens = (verb: Verb | undefined, effect: Effect): boolean => {
  switch (effect.kind) {
    case 'text':
      return saying.includes(verb);
    case 'keyboard':
      return verb === 'menu';
    case 'redirect':
      return verb === 'handover';
    default:
      return verb === effect.kind;
  }
};

const toldOf = (effect: Effect): Pick<TranscriptLine, 'who' | 'text' | 'buttons'> | undefined => {
  switch (effect.kind) {
    case 'text':
      return { who: 'bot', text: effect.text };
    case 'keyboard':
      return { who: 'bot', text: '', buttons: effect.buttons };
    case 'file':
      return { who: 'bot', text: `${effect.name}: ${effect.url}` };
    case 'redirect':
      return { who: 'webim', text: `the chat goes to ${effect.department ?? effect.operatorId ?? 'the queue'}` };
    case 'close':
      return { who: 'webim', text: 'the bot closes the chat' };
    default:
      return undefined;
  }
};

const givenLine = (given: Given): Pick<TranscriptLine, 'who' | 'text'> | undefined => {
  switch (given.kind) {
    case 'chat_start':
      return { who: 'webim', text: 'a chat begins' };
    case 'text':
      return { who: 'visitor', text: given.text };
    case 'button':
      return { who: 'visitor', text: `[${given.id}]` };
    case 'file':
      return { who: 'visitor', text: `(file ${given.name ?? given.mediaType ?? ''})` };
    case 'operator_assigned':
      return { who: 'people', text: `operator${given.operator === undefined ? '' : ` ${given.operator}`} takes the chat` };
    case 'operator_redirect':
      return { who: 'people', text: 'the operator gives the chat back to the bot' };
    case 'chat_closed':
      return { who: 'webim', text: 'the chat is closed' };
    case 'http_result':
      return { who: 'service', text: 'error' in given ? `does not answer: ${given.error}` : `answers ${given.status}` };
    case 'new_chat':
      return { who: 'webim', text: 'the next chat of the same person begins' };
    case 'no_operator':
      return { who: 'clock', text: 'nobody takes the chat' };
    case 'later':
      return { who: 'clock', text: durationText(given.ms) };
    case 'refuse':
      return undefined;
    default:
      given satisfies never;
      return undefined;
  }
};
