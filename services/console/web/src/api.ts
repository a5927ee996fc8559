import type { z } from 'zod';
import type {
  AccessAudit,
  createdTokenSchema,
  createTokenSchema,
  loggedOutSchema,
  revokedSchema,
  Session,
  Tokens,
} from '../../src/access/schemas.ts';
import type { AccountsReport } from '../../src/api/accounts.ts';
import type { AuditReport } from '../../src/api/audit.ts';
import type { BotSwitched } from '../../src/api/bot-switch.ts';
import type { Directories } from '../../src/api/directory.ts';
import type { DoctorList, DoctorReport, WebhookLog } from '../../src/api/doctor.ts';
import type { BehindReport, FlowReport, NumbersReport } from '../../src/api/numbers.ts';
import type { parkedListSchema, parkedRecordsSchema, releaseClassPlanSchema, releasePlanSchema } from '../../src/api/parked.ts';
import type { fedAllSchema, fedSchema, QuarantineList, QuarantineOne, skippedSchema } from '../../src/api/quarantine.ts';
import type { About, Dialog, DialogList, EventPage, FacetValuesAnswer } from '../../src/api/schemas.ts';
import type { ScriptSource, ScriptVersions } from '../../src/api/scripts.ts';
import type { SettingsPin } from '../../src/api/settings.ts';
import type { WhatIfDialog, WhatIfList, WhatIfState } from '../../src/api/what-if.ts';
import type { StuckReport, TimersReport, WaitingReport } from '../../src/api/work.ts';
import type { Problem } from '../../src/http/problem.ts';
import type { LagReport } from '../../src/lag/report.ts';
import type { PartsReport } from '../../src/parts/parts.ts';
import { serverSaid } from './time.ts';

/** A refused or failed request; `status` 0: no answer came at all. */
export class ApiError extends Error {
  readonly status: number;
  /** The problem's stable name; '' where there is none. */
  readonly problem: string;
  /** What of the request is wrong, at most five. */
  readonly fields: NonNullable<Problem['errors']>;
  constructor(status: number, title: string, problem = '', fields: NonNullable<Problem['errors']> = []) {
    super(title);
    this.name = 'ApiError';
    this.status = status;
    this.problem = problem;
    this.fields = fields;
  }
}

const timeoutMs = 10_000;

const signedOut = new EventTarget();
/** Calls `then` when the server no longer knows who asks. @returns how to stop that */
export const onSignedOut = (then: () => void): (() => void) => {
  signedOut.addEventListener('out', then);
  return () => signedOut.removeEventListener('out', then);
};

const get = async <T>(path: string, signal: AbortSignal, sent?: object, method?: 'DELETE'): Promise<T> => {
  let response: Response;
  try {
    response = await fetch(`/api${path}`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      ...posted(sent),
      ...(method === undefined ? {} : { method }),
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ApiError(0, 'no answer');
  }
  if (!response.ok) {
    const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
    if (problem.type === '/problems/sign-in') signedOut.dispatchEvent(new Event('out'));
    throw new ApiError(
      response.status,
      [problem.title ?? response.statusText, problem.detail].filter((part) => part !== undefined).join(': '),
      problem.type?.replace('/problems/', ''),
      problem.errors?.slice(0, 5),
    );
  }
  const body = (await response.json()) as T & { now?: number };
  if (typeof body.now === 'number') serverSaid(body.now);
  return body;
};

const posted = (body: object | undefined): RequestInit =>
  body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };

/** Who asks and why, as each action wants it. */
export type Asked = { readonly by: string; readonly reason: string; readonly dryRun: boolean };
const never = new AbortController().signal;
const act = <T>(path: string, body: object): Promise<T> => get<T>(path, never, body);

const dialogPath = (account: string, chatId: string): string => `/dialogs/${encodeURIComponent(account)}/${encodeURIComponent(chatId)}`;

export const api = {
  session: (signal: AbortSignal) => get<Session>('/access/session', signal),
  login: (password: string) => act<Session>('/access/login', { password }),
  logout: () => act<z.infer<typeof loggedOutSchema>>('/access/logout', {}),
  tokens: (signal: AbortSignal) => get<Tokens>('/access/tokens', signal),
  createToken: (token: z.infer<typeof createTokenSchema>) => act<z.infer<typeof createdTokenSchema>>('/access/tokens', token),
  revokeToken: (id: string) => act<z.infer<typeof revokedSchema>>(`/access/tokens/${encodeURIComponent(id)}/revoke`, {}),
  accessAudit: (before: number | null, signal: AbortSignal) =>
    get<AccessAudit>(`/access/audit${before === null ? '' : `?before=${before}`}`, signal),
  about: (signal: AbortSignal) => get<About>('/about', signal),
  dialogs: (query: URLSearchParams, signal: AbortSignal) => get<DialogList>(`/dialogs?${query}`, signal),
  values: (signal: AbortSignal) => get<FacetValuesAnswer>('/dialogs/values', signal),
  dialog: (account: string, chatId: string, signal: AbortSignal) => get<Dialog>(dialogPath(account, chatId), signal),
  events: (account: string, chatId: string, from: number, signal: AbortSignal, limit = 1000) =>
    get<EventPage>(`${dialogPath(account, chatId)}/events?from=${from}&limit=${limit}`, signal),
  script: (hash: string, signal: AbortSignal) => get<ScriptSource>(`/scripts/${encodeURIComponent(hash)}`, signal),
  directory: (signal: AbortSignal) => get<Directories>('/directory', signal),
  settings: (hash: string, signal: AbortSignal) => get<SettingsPin>(`/settings/${encodeURIComponent(hash)}`, signal),
  parts: (signal: AbortSignal) => get<PartsReport>('/parts', signal),
  stuck: (signal: AbortSignal) => get<StuckReport>('/stuck', signal),
  waiting: (signal: AbortSignal) => get<WaitingReport>('/waiting', signal),
  timers: (query: string, signal: AbortSignal) => get<TimersReport>(`/timers?${query}`, signal),
  scriptVersions: (account: string, signal: AbortSignal) => get<ScriptVersions>(`/accounts/${encodeURIComponent(account)}/scripts`, signal),
  accounts: (signal: AbortSignal) => get<AccountsReport>('/accounts', signal),
  audit: (signal: AbortSignal) => get<AuditReport>('/audit', signal),
  parked: (signal: AbortSignal) => get<z.infer<typeof parkedListSchema>>('/parked', signal),
  parkedRecords: (account: string, chatId: string, signal: AbortSignal) =>
    get<z.infer<typeof parkedRecordsSchema>>(`/parked/${encodeURIComponent(account)}/${encodeURIComponent(chatId)}`, signal),
  quarantine: (signal: AbortSignal) => get<QuarantineList>('/quarantine', signal),
  quarantined: (partition: number, offset: number, signal: AbortSignal) => get<QuarantineOne>(`/quarantine/${partition}/${offset}`, signal),
  release: (
    account: string,
    chatId: string,
    how: Asked & { skip?: readonly string[]; edit?: readonly { place: string; value: string }[] },
  ) => act<z.infer<typeof releasePlanSchema>>(`/parked/${encodeURIComponent(account)}/${encodeURIComponent(chatId)}/release`, how),
  releaseClass: (how: Asked & { parkedFor: string; skipFirst: boolean }) =>
    act<z.infer<typeof releaseClassPlanSchema>>('/parked/release', how),
  feed: (partition: number, offset: number, how: Asked & { body?: string; event?: string }) =>
    act<z.infer<typeof fedSchema>>(`/quarantine/${partition}/${offset}/feed`, how),
  feedAll: (how: Asked & { places: readonly string[] }) => act<z.infer<typeof fedAllSchema>>('/quarantine/feed', how),
  skipQuarantined: (how: Asked & { places: readonly string[] }) => act<z.infer<typeof skippedSchema>>('/quarantine/skip', how),
  switchBot: (how: 'stop' | 'start', what: Asked & { account: string; chatId?: string; script?: string }) =>
    act<BotSwitched>(`/${how}`, what),
  doctors: (signal: AbortSignal) => get<DoctorList>('/doctor', signal),
  doctor: (account: string, signal: AbortSignal) => get<DoctorReport>(`/doctor/${encodeURIComponent(account)}`, signal),
  webhooks: (query: string, signal: AbortSignal) => get<WebhookLog>(`/webhooks?${query}`, signal),
  startWhatIf: (what: object) => act<{ readonly id: string }>('/what-if', what),
  whatIf: (id: string, signal: AbortSignal) => get<WhatIfState>(`/what-if/${encodeURIComponent(id)}`, signal),
  cancelWhatIf: (id: string) => get<WhatIfState>(`/what-if/${encodeURIComponent(id)}`, never, undefined, 'DELETE'),
  whatIfDialogs: (id: string, from: number, signal: AbortSignal) =>
    get<WhatIfList>(`/what-if/${encodeURIComponent(id)}/dialogs?from=${from}&limit=100`, signal),
  whatIfDialog: (id: string, account: string, chatId: string, signal: AbortSignal) =>
    get<WhatIfDialog>(`/what-if/${encodeURIComponent(id)}${dialogPath(account, chatId)}`, signal),
  numbers: (query: URLSearchParams, signal: AbortSignal) => get<NumbersReport>(`/numbers?${query}`, signal),
  behind: (number: string, query: URLSearchParams, signal: AbortSignal) =>
    get<BehindReport>(`/numbers/${encodeURIComponent(number)}/episodes?${query}`, signal),
  flow: (query: URLSearchParams, signal: AbortSignal) => get<FlowReport>(`/numbers/flow?${query}`, signal),
  lag: (signal: AbortSignal) => get<LagReport>('/lag', signal),
};
