import type { DomainEvent, Owner } from '@dialog/contracts/domain-event';
import type { Message } from '@dialog/contracts/message';
import type { RecordedEvent } from '@dialog/event-store/port';

/** Small and seeded, so that every run makes the same dialogs (mulberry32). */
export const seeded = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const roots = (
  'заказ доставк возврат оплат посылк курьер товар цен скидк магазин адрес карт деньг вопрос ответ размер цвет склад номер телефон счет чек ' +
  'гаранти поломк ремонт обмен размен услови договор срок письм ошибк парол вход кабинет бонус подарок сертификат акци отзыв жалоб благодарност'
).split(' ');
const syllables = 'ба во га да же зи ко ла мо ну пе ра си ту фа хо ци ча шу ще эра юла яру бри кло стро пла гру дно вле'.split(' ');
const endings = ['', 'а', 'у', 'ом', 'е', 'ы', 'ов', 'ами'];

/** Twenty thousand Russian-looking words; the first are what people really write about. */
const vocabulary: readonly string[] = (() => {
  const random = seeded(7);
  const made = new Set(roots);
  while (made.size < 20_000) {
    let word = '';
    for (let left = 2 + Math.floor(random() * 3); left > 0; left--) word += syllables[Math.floor(random() * syllables.length)];
    made.add(`${word}${'нтвксл'[Math.floor(random() * 6)]}`);
  }
  return [...made];
})();

/** Few words are said all the time and most are rare, as in any language. */
export const rankedWord = (random: () => number): string => vocabulary[Math.floor(vocabulary.length ** random()) - 1] ?? 'заказ';

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0');
export const facets = {
  accounts: ['shop', 'bank', 'travel', 'school'],
  departments: ['sales', 'support', 'delivery', 'returns', 'claims', 'vip', 'night', 'billing'],
  operators: Array.from({ length: 60 }, (_, n) => String(100 + n)),
  scripts: Array.from({ length: 8 }, (_, n) => hex(n + 1, 32)),
  marks: Array.from({ length: 30 }, (_, n) => `mark_${n}`),
  causes: ['final_close', 'auto_close_timeout', 'abandoned', 'operator_redirect', 'no_operator'],
} as const;
export const visitorOf = (n: number): string => hex(n, 16);
/** A choice of which the first are likelier. */
const choice = <T>(random: () => number, of: readonly T[]): T => of[Math.floor(of.length * random() ** 2)] as T;

type Append = readonly { readonly type: string; readonly data: unknown; readonly metadata: unknown }[];

const says = (random: () => number, words: number): string =>
  Array.from({ length: words }, () => rankedWord(random) + endings[Math.floor(random() * endings.length)]).join(' ');

/** One dialog's appends: about 20 events, with what a busy year brings in its shares. */
const dialogOf = (n: number, startAt: number, visitors: number): { readonly stream: string; readonly appends: readonly Append[] } => {
  const random = seeded(n + 1);
  const account = choice(random, facets.accounts);
  const chatId = String(100_000 + n);
  const script = choice(random, facets.scripts);
  let at = startAt;
  let owner: Owner = 'bot';
  let flag = false;
  let epoch = 1;
  const appends: Append[] = [];
  const common = () => ({ account, chatId, chatIdForm: 'number', inputId: `in-${n}-${appends.length}`, receivedAt: at - 4 });
  const append = (afterMs: number, input: object, ...events: readonly DomainEvent[]): void => {
    at += afterMs;
    const all = [{ type: 'InputRecorded', data: { input: { ...common(), ...input }, at, settings: hex(1, 32) } }, ...events];
    appends.push(
      all.map(({ type, data }) => {
        const said = data as { owner?: Owner };
        if (type === 'OwnerChanged' && said.owner !== undefined) {
          owner = said.owner;
          epoch++;
        }
        if (type === 'DialogClosed') owner = 'nobody';
        if (type === 'FlagSet') flag = true;
        if (type === 'FlagReset') flag = false;
        const metadata = {
          $correlationId: `${account}:${chatId}`,
          $causationId: `in-${n}-${appends.length}`,
          schemaVersion: 1,
          producer: 'bench',
          at,
          epoch,
          owner,
          flag,
          script,
          head: null,
        };
        return { type, data, metadata };
      }),
    );
  };
  const message = (text: string): Message => ({
    hash: hex(appends.length, 16),
    hashOfContent: false,
    kind: 'visitor',
    side: 'visitor',
    text,
  });
  const outcome = (): 'accepted' | 'refused' | 'in_doubt' | 'suppressed' | 'expired' => {
    const luck = random();
    return luck < 0.004 ? 'in_doubt' : luck < 0.006 ? 'refused' : luck < 0.007 ? 'suppressed' : luck < 0.009 ? 'expired' : 'accepted';
  };
  const advanced: DomainEvent = {
    type: 'ScriptAdvanced',
    data: {
      trigger: 'text',
      outcome: 'idle',
      cursor: null,
      fallbackStreak: 0,
      keyboard: null,
      variables: {},
      trace: { won: null, lost: [], steps: [] },
    },
  };
  let effect = 0;
  const reply = (): DomainEvent => ({
    type: 'EffectOpened',
    data: { number: ++effect, effect: { kind: 'text', text: says(seeded(Math.floor(200 * random())), 9) }, purpose: 'reply' },
  });
  const settled = (): void => {
    const came = outcome();
    append(
      150,
      { type: 'effect_result', number: effect, attempt: 1, epoch, outcome: came },
      {
        type: 'EffectSettled',
        data: { number: effect, attempt: 1, outcome: came, by: 'result' },
      },
    );
  };

  append(
    0,
    { type: 'new_chat', messages: [message(says(random, 5))], bodyHash: 'b' },
    { type: 'DialogStarted', data: { script, incomplete: random() < 0.01, visitor: visitorOf(Math.floor(visitors * random())) } },
    { type: 'OwnerChanged', data: { owner: 'bot', cause: 'start' } },
    advanced,
    reply(),
  );
  settled();
  for (let rounds = 1 + Math.floor(random() * 3); rounds > 0; rounds--) {
    append(
      9_000,
      { type: 'new_message', message: message(`${says(random, 3 + Math.floor(random() * 6))} ${Math.floor(random() * 1_000_000)}`) },
      ...(random() < 0.01 ? [{ type: 'InputRepeated', data: { of: 'x', what: 'message' } } as const] : []),
      advanced,
      ...(random() < 0.4 ? [{ type: 'Marked', data: { name: choice(random, facets.marks) } } as const] : []),
      reply(),
    );
    settled();
  }
  if (random() < 0.5) {
    effect++;
    append(5_000, { type: 'new_message', message: message('позовите человека') }, advanced, {
      type: 'EffectOpened',
      data: { number: effect, effect: { kind: 'redirect', department: choice(random, facets.departments) }, purpose: 'handover' },
    });
    append(
      200,
      { type: 'effect_result', number: effect, attempt: 1, epoch, outcome: 'accepted' },
      { type: 'EffectSettled', data: { number: effect, attempt: 1, outcome: 'accepted', by: 'result' } },
      { type: 'OwnerChanged', data: { owner: 'queue', cause: 'handover' } },
      { type: 'FlagSet', data: { episode: epoch, cause: 'handover' } },
    );
    const operatorId = choice(random, facets.operators);
    append(
      30_000,
      { type: 'chat_assigned', operatorId, bodyHash: 'b' },
      { type: 'OwnerChanged', data: { owner: 'operator', operatorId, cause: 'assigned' } },
    );
  }
  if (random() < 0.002)
    append(
      9_000,
      { type: 'new_message', message: message('?') },
      { type: 'DialogParked', data: { reason: 'decide_failed', inputId: 'x' } },
    );
  else if (random() < 0.005) append(3_600_000, { type: 'timer_due', dueAt: at }, { type: 'CloseOverdue', data: { cause: 'unknown' } });
  else if (random() < 0.97) {
    const handedOver = flag;
    const cause = choice(random, facets.causes);
    append(
      600_000,
      { type: 'chat_closed', bodyHash: 'b', messages: [{ ...message(says(random, 8)), side: 'operator', kind: 'operator' }] },
      { type: 'DialogClosed', data: { cause: 'webim', final: true } },
      ...(handedOver
        ? [
            { type: 'FlagReset', data: { episode: 2, cause } } as const,
            { type: 'ReturnStarted', data: { episode: 2, cause, script: null } } as const,
          ]
        : []),
    );
  }
  return { stream: `dialog-${account}-${chatId}`, appends };
};

/** Dialogs that go on at once: so many does one batch of the store's events tell of. */
const atOnce = 60;

/** Every event of `dialogs` dialogs in the order of the store, over a year, in batches of `batch`. */
export function* corpus(dialogs: number, batch: number, until: number): Generator<readonly RecordedEvent[]> {
  const everyMs = (365 * 86_400_000) / dialogs;
  const visitors = Math.ceil(dialogs / 3);
  const open: { readonly stream: string; readonly appends: Append[]; revision: number }[] = [];
  let begun = 0;
  let position = 0;
  let waiting: RecordedEvent[] = [];
  while (begun < dialogs || open.length > 0) {
    while (open.length < atOnce && begun < dialogs) {
      const { stream, appends } = dialogOf(begun, Math.round(until - 7_200_000 - (dialogs - begun) * everyMs), visitors);
      open.push({ stream, appends: [...appends], revision: 0 });
      begun++;
    }
    for (const one of [...open]) {
      for (const { type, data, metadata } of one.appends.shift() ?? []) {
        const { at } = metadata as { at: number };
        waiting.push({
          id: `e${++position}`,
          stream: one.stream,
          revision: one.revision++,
          type,
          data,
          metadata,
          recordedAt: at,
          position: String(position),
        });
      }
      if (one.appends.length === 0) open.splice(open.indexOf(one), 1);
    }
    for (; waiting.length >= batch; waiting = waiting.slice(batch)) yield waiting.slice(0, batch);
  }
  if (waiting.length > 0) yield waiting;
}
