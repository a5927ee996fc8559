import type { DomainEventOf } from '@dialog/contracts/domain-event';
import type { AccountId, ChatId } from '@dialog/contracts/ids';

export const id = { account: 'acme' as AccountId, chatId: '7' as ChatId };

/** A visitor's message as the dialog's stream has it; number 0 names the script. */
export const input = (number: number): DomainEventOf<'InputRecorded'> => ({
  type: 'InputRecorded',
  data: {
    input: {
      type: 'new_message',
      inputId: `i-${number}`,
      account: id.account,
      chatId: id.chatId,
      chatIdForm: 'number',
      receivedAt: number,
      message: { id: `m-${number}`, hash: `h-${number}`, hashOfContent: false, kind: 'visitor', side: 'visitor', text: `строка ${number}` },
    },
    at: 1_000 + number,
    settings: 'settings',
    ...(number === 0 ? { script: 'script' } : {}),
  },
});
