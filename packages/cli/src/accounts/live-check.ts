import type { AccountConfig } from '@dialog/contracts/account';
import { realClock } from '@dialog/contracts/clock';
import type { FindingFacts, FindingName } from '@dialog/service-kit/set-up/findings';
import { webimBotApi } from '@dialog/webim/bot-api/client';
import { type StoredDataAnswer, webimStoredData } from '@dialog/webim/stored-data/client';

export type LiveFinding = { readonly name: FindingName; readonly facts: FindingFacts };
export type LiveCheck = {
  readonly findings: readonly LiveFinding[];
  /** What was asked and well answered. */
  readonly fine: readonly string[];
  /** What was not asked, with the reason. */
  readonly unknown: readonly string[];
  /** What was asked and not answered, with the reason: nothing is known of it. */
  readonly unanswered: readonly string[];
};

/** Between two requests to one Webim, ms. */
const pauseMs = 1_000;

/**
 * Asks one account's Webim itself, one request after the other; after a 401 or 403 nothing more is asked with those credentials. The bot's token is
 * tried on a chat that can't be (number 0), so nobody is spoken to.
 */
export const liveCheck = async (account: AccountConfig, signal?: AbortSignal): Promise<LiveCheck> => {
  const findings: LiveFinding[] = [];
  const fine: string[] = [];
  const unknown: string[] = [];
  const unanswered: string[] = [];
  const { baseUrl, token, login, password } = account.webim;
  const { department, botOperatorId } = account.settings;
  const pause = () => realClock.sleep(pauseMs, signal);

  const bot = webimBotApi({ baseUrl, token, clock: realClock });
  try {
    const answer = await bot.sendText(0, '', signal);
    if (answer.kind === 'accepted') fine.push('token');
    else if (answer.kind !== 'refused') unanswered.push(`token: ${answer.code}`);
    else if (answer.reason === 'unauthorized') findings.push({ name: 'token_refused', facts: { code: answer.code } });
    else if (answer.reason === 'wrong_host') findings.push({ name: 'host_wrong', facts: { code: answer.code } });
    else fine.push('token');
    // Nobody is there at all: the rest would not be answered either.
    if (answer.kind === 'not_sent' && answer.code === 'connect') return { findings, fine, unknown, unanswered };
    if (answer.kind === 'not_sent' && (answer.code === 'dns' || answer.code === 'tls'))
      findings.push({ name: 'host_wrong', facts: { code: answer.code } });
  } finally {
    await bot.close();
  }
  if (findings.some(({ name }) => name === 'host_wrong')) return { findings, fine, unknown, unanswered };
  if (login === undefined || password === undefined) {
    unknown.push('stored data: no webim.login and webim.password');
    return { findings, fine, unknown, unanswered };
  }

  const stored = webimStoredData({ baseUrl, login, password, clock: realClock });
  /** @returns whether the next may be asked */
  const take = <T>(what: string, answer: StoredDataAnswer<T>, look: (value: T) => void): boolean => {
    if (answer.kind === 'accepted') {
      fine.push(what);
      look(answer.value);
      return true;
    }
    if (answer.kind === 'retry_later') unanswered.push(`${what}: ${answer.code}`);
    else findings.push({ name: 'stored_data_refused', facts: { code: answer.code } });
    return false;
  };
  try {
    await pause();
    const goesOn = take('operators', await stored.operators(signal), (operators) => {
      if (botOperatorId !== null && !operators.some(({ id }) => id === botOperatorId))
        findings.push({ name: 'bot_operator_unknown', facts: { operatorId: botOperatorId } });
    });
    if (!goesOn) return { findings, fine, unknown, unanswered };
    await pause();
    take('departments', await stored.departments(signal), (departments) => {
      const keys = departments.flatMap(({ key }) => key ?? []);
      // That a department shows its key is expected, not proven (webim-protocol §8): without any nothing can be said.
      if (department !== null && keys.length > 0 && !keys.includes(department))
        findings.push({ name: 'department_unknown', facts: { department } });
    });
  } finally {
    await stored.close();
  }
  return { findings, fine, unknown, unanswered };
};
