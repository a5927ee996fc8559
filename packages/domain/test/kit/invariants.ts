import { visitorMessages } from '@dialog/contracts/visitor-messages';
import { mayRemind } from '../../src/script-run/silence.ts';
import { stamp } from '../../src/state.ts';
import type { TestDialog } from './dialog.ts';

type History = Pick<TestDialog, 'state' | 'of' | 'stream'>;

/** What is true of a dialog after every append, whatever happened. @returns what is not. */
export const broken = (dialog: History): string[] => {
  const state = dialog.state();
  if (state.status !== 'live') return [];
  const found: string[] = [];
  const must = (holds: boolean, what: string) => {
    if (!holds) found.push(what);
  };
  const { holder, flag, trial, effects, deadlines, waiting, scriptState, parked } = state;
  const people = holder.owner === 'queue' || holder.owner === 'operator';

  must(people === (flag !== null), 'the flag is set while people have the chat, and only then');
  must(flag === null || (flag.episode > 0 && flag.episode <= state.epoch), 'the flag names an episode that began');
  must(trial === null || people, 'a trial is for a chat that people have');
  must(trial === null || effects.some((open) => open.epoch === state.epoch), 'a trial waits for an effect of its own');
  must(
    effects.every((open, at) => at === 0 || open.number > (effects[at - 1]?.number ?? 0)),
    'effects stand in order',
  );
  must(
    effects.every((open, at) => at === 0 || open.notBefore === null || open.purpose === 'parked'),
    'only the head, or the redirect of a parked dialog, can wait for a retry',
  );
  must(effects[0] === undefined || effects[0].notBefore === null || deadlines.retry !== undefined, 'a retry that waits has its deadline');
  must(
    parked || trial !== null || holder.owner !== 'bot' || waiting.length === 0 || effects.length > 0 || deadlines.waiting !== undefined,
    'a message waits for something',
  );
  must(trial !== null || holder.owner === 'bot' || waiting.length === 0, 'no message waits where people have the chat');
  must(
    parked || holder.owner !== 'bot' || effects.length > 0 || scriptState.cursor?.timeoutMs === undefined || deadlines.script !== undefined,
    'a script that waits has its deadline',
  );
  must(
    parked || holder.owner !== 'bot' || scriptState.cursor?.waitsFor !== 'http' || effects.length > 0,
    'a script that waits for an answer has asked',
  );
  must(parked || deadlines.silence === undefined || mayRemind(state), 'a visitor is reminded only while the next word is his');
  must(
    parked ||
      holder.owner === 'nobody' ||
      deadlines.auto_close !== undefined ||
      state.closeOverdueAt !== null ||
      effects.some((open) => open.purpose === 'auto_close'),
    'a dialog that lives ends some day',
  );
  must(holder.owner !== 'nobody' || Object.keys(deadlines).length === 0 || effects.length > 0, 'nothing is due in a closed chat');

  const opened = dialog.of('EffectOpened').map((one) => one.number);
  const settled = dialog.of('EffectSettled').map((one) => one.number);
  must(new Set(settled).size === settled.length, 'an effect is settled once');
  must(
    opened.toSorted((a, b) => a - b).join() === [...settled, ...effects.map((open) => open.number)].sort((a, b) => a - b).join(),
    'every opened effect is settled or open',
  );
  const returns = dialog.of('ReturnStarted').map((run) => run.episode);
  must(new Set(returns).size === returns.length, 'Return runs once per episode');
  must(JSON.stringify(stamp(state)) === JSON.stringify(stampOf(dialog)), 'the last event says how it stands');
  found.push(...brokenHistory(dialog), ...brokenOrder(dialog));
  return found;
};

const stampOf = (dialog: History) => {
  const { epoch, owner, flag, head, script } = dialog.stream().at(-1)?.metadata ?? { epoch: 0, owner: null, flag: false, head: null };
  return { epoch, owner, flag, head, script };
};

/** A message with an id is taken once, and in the order of arrival; a refusal may undo an answer, so then it is asked again. */
const brokenOrder = (dialog: History): string[] => {
  const found: string[] = [];
  if (dialog.of('WebhookRefused').length > 0) return found;
  const arrived = dialog.of('InputRecorded').flatMap(({ input }) => visitorMessages(input).map((message) => message.hash));
  let last = -1;
  const taken = new Set<string>();
  for (const { message } of dialog.of('ScriptAdvanced')) {
    if (message === undefined || message.startsWith('content-')) continue;
    if (taken.has(message)) found.push('a message is taken once');
    taken.add(message);
    const place = arrived.indexOf(message);
    if (place < last) found.push('messages are taken in the order of arrival');
    last = place;
  }
  return found;
};

const brokenHistory = (dialog: History): string[] => {
  const found: string[] = [];
  let before = { epoch: 0, owner: null as string | null, head: { number: 0, attempt: 0 } };
  /** Epoch in which the present owner got the chat. */
  let since = 0;
  let final = false;
  const onItsWay = new Set<number>();
  for (const event of dialog.stream()) {
    const { epoch, owner, head } = event.metadata;
    if (epoch < before.epoch) found.push('the epoch never falls');
    if (event.type === 'OwnerChanged' && epoch <= before.epoch) found.push('a change of owner raises the epoch');
    if (owner !== before.owner) {
      if (before.owner !== null && epoch <= since) found.push('an owner has an epoch that the former did not have');
      since = epoch;
    }
    if (final && owner !== 'nobody') found.push('nobody after chat_closed stays');
    if (event.type === 'DialogClosed' && event.data.final) final = true;
    if (event.type === 'DialogParked' && event.data.onItsWay !== undefined) onItsWay.add(event.data.onItsWay);
    const back =
      head !== null && (head.number < before.head.number || (head.number === before.head.number && head.attempt < before.head.attempt));
    if (back && !onItsWay.has(head.number)) found.push('the head goes back to nothing but what was on its way when the dialog stopped');
    before = { epoch, owner, head: head ?? before.head };
  }
  return found;
};
