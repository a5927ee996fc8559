import type { About, Dialog, DialogList, EventPage, FacetValuesAnswer } from '../../src/api/schemas.ts';
import type { ScriptSource } from '../../src/api/scripts.ts';
import type { SettingsPin } from '../../src/api/settings.ts';
import type { Problem } from '../../src/http/problem.ts';
import type { LagReport } from '../../src/lag/report.ts';
import { serverSaid } from './time.ts';

/** A refused or failed request; `status` 0: no answer came at all. */
export class ApiError extends Error {
  readonly status: number;
  constructor(status: number, title: string) {
    super(title);
    this.name = 'ApiError';
    this.status = status;
  }
}

const timeoutMs = 10_000;

const get = async <T>(path: string, signal: AbortSignal): Promise<T> => {
  let response: Response;
  try {
    response = await fetch(`/api${path}`, { signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ApiError(0, 'no answer');
  }
  if (!response.ok) {
    const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
    throw new ApiError(response.status, problem.title ?? response.statusText);
  }
  const body = (await response.json()) as T & { now?: number };
  if (typeof body.now === 'number') serverSaid(body.now);
  return body;
};

const dialogPath = (account: string, chatId: string): string => `/dialogs/${encodeURIComponent(account)}/${encodeURIComponent(chatId)}`;

export const api = {
  about: (signal: AbortSignal) => get<About>('/about', signal),
  dialogs: (query: URLSearchParams, signal: AbortSignal) => get<DialogList>(`/dialogs?${query}`, signal),
  values: (signal: AbortSignal) => get<FacetValuesAnswer>('/dialogs/values', signal),
  dialog: (account: string, chatId: string, signal: AbortSignal) => get<Dialog>(dialogPath(account, chatId), signal),
  events: (account: string, chatId: string, from: number, signal: AbortSignal) =>
    get<EventPage>(`${dialogPath(account, chatId)}/events?from=${from}&limit=1000`, signal),
  script: (hash: string, signal: AbortSignal) => get<ScriptSource>(`/scripts/${encodeURIComponent(hash)}`, signal),
  settings: (hash: string, signal: AbortSignal) => get<SettingsPin>(`/settings/${encodeURIComponent(hash)}`, signal),
  lag: (signal: AbortSignal) => get<LagReport>('/lag', signal),
};
