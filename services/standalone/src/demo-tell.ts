import type { DomainEvent, EventMetadata } from '@dialog/contracts/domain-event';

/** One event as a line for people. */
export const tell = (event: DomainEvent & { readonly revision: number; readonly metadata: EventMetadata }): string => {
  const { at, owner, epoch, flag } = event.metadata;
  const time = new Date(at).toISOString().slice(11, 19);
  const state = `${(owner ?? '–').padEnd(8)} ${String(epoch).padStart(2)} ${flag ? '⚑' : ' '}`;
  const line = event.type === 'InputRecorded' ? `▶ ${said(event)}` : `  ${event.type} ${summary(event)}`;
  return `${String(event.revision).padStart(3)}  ${time}  ${state}  ${line}\n`;
};

const said = (event: DomainEvent & { type: 'InputRecorded' }): string => {
  const { input } = event.data;
  switch (input.type) {
    case 'new_chat':
      return `new_chat ${input.messages.map((message) => `«${message.text ?? message.kind}»`).join(' ')}`;
    case 'new_message':
      return `new_message «${input.message.text ?? input.message.button?.text ?? input.message.kind}»`;
    case 'effect_result':
      return `effect_result #${input.number} ${input.outcome}${input.code === undefined ? '' : ` (${input.code})`}`;
    case 'chat_assigned':
      return `chat_assigned to ${input.operatorId ?? '?'}`;
    default:
      return input.type;
  }
};

const summary = (event: DomainEvent): string => {
  if (event.type === 'EffectOpened') {
    const { number, effect, purpose } = event.data;
    const what =
      effect.kind === 'text'
        ? `«${effect.text}»`
        : effect.kind === 'keyboard'
          ? `[${effect.buttons
              .flat()
              .map((one) => one.text)
              .join('] [')}]`
          : effect.kind;
    return `#${number} ${purpose}: ${what}`;
  }
  if (event.type === 'ScriptAdvanced') return `${event.data.trace.won ?? event.data.trigger} → ${event.data.outcome}`;
  return Object.entries(event.data)
    .filter(([, value]) => typeof value !== 'object')
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(' ');
};
