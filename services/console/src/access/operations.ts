import type { Role } from '@dialog/contracts/role';
import type { z } from 'zod';
import { accountsSchema } from '../api/accounts.ts';
import { directoriesSchema } from '../api/directory.ts';
import { behindSchema, flowSchema, numbersSchema } from '../api/numbers.ts';
import { parkedListSchema } from '../api/parked.ts';
import { aboutSchema, dialogListSchema, dialogSchema, type EventPage, eventPageSchema, facetValuesSchema } from '../api/schemas.ts';
import { scriptSchema, scriptVersionsSchema } from '../api/scripts.ts';
import { settingsPinSchema } from '../api/settings.ts';
import { stuckSchema, timersSchema, waitingSchema } from '../api/work.ts';
import { lagReportSchema } from '../lag/report.ts';
import { partsSchema } from '../parts/parts.ts';
import { type Mask, maskEvent, maskOf } from './mask.ts';
import { sessionSchema } from './schemas.ts';

/** One operation of the API: who may, and what a viewer gets of its answer. */
export type Operation = {
  /** `public`: also who has not signed in. */
  readonly least: Role | 'public';
  /** What a viewer's answer goes through; an operation that a viewer may has one, or answers nothing that could be text. */
  readonly mask?: Mask | 'no-text';
  /** Questions that search in texts: the answer would tell a viewer what stands there. */
  readonly searches?: readonly string[];
  /** Its answer has texts of visitors: that it was read unmasked is kept. */
  readonly text?: true;
};

const viewer = (answer: z.ZodType): Operation => ({ least: 'viewer', mask: maskOf(answer) });
const maskedEvents = (answer: z.ZodType): Mask => {
  const rest = maskOf(answer);
  return (body) => {
    const { events, ...more } = body as EventPage;
    return Array.isArray(events) ? { ...(rest(more) as object), events: events.map(maskEvent) } : rest(body);
  };
};

/**
 * Every operation of the API, as the OpenAPI document names it, and the weakest role that may. Where people sign in, what has no row here is
 * refused to everybody; a test names each operation of the document and each route of the server that lacks one.
 */
export const operations: Readonly<Record<string, Operation>> = {
  'GET /access/session': { least: 'public', mask: maskOf(sessionSchema) },
  'POST /access/login': { least: 'public', mask: maskOf(sessionSchema) },
  'POST /access/logout': { least: 'public', mask: 'no-text' },
  'GET /access/oidc/start': { least: 'public', mask: 'no-text' },
  'GET /access/oidc/callback': { least: 'public', mask: 'no-text' },
  'GET /access/tokens': { least: 'administrator' },
  'POST /access/tokens': { least: 'administrator' },
  'POST /access/tokens/{id}/revoke': { least: 'administrator' },
  'GET /access/audit': { least: 'administrator' },

  'GET /about': viewer(aboutSchema),
  'GET /dialogs': { ...viewer(dialogListSchema), searches: ['text'], text: true },
  'GET /dialogs/values': viewer(facetValuesSchema),
  'GET /dialogs/{account}/{chatId}': viewer(dialogSchema),
  'GET /dialogs/{account}/{chatId}/events': { least: 'viewer', mask: maskedEvents(eventPageSchema), text: true },
  // Names of employees, not of visitors.
  'GET /directory': viewer(directoriesSchema),
  'GET /settings/{settings}': viewer(settingsPinSchema),
  'GET /scripts/{script}': viewer(scriptSchema),
  'GET /accounts': viewer(accountsSchema),
  'GET /accounts/{account}/scripts': viewer(scriptVersionsSchema),
  'GET /stuck': viewer(stuckSchema),
  'GET /waiting': viewer(waitingSchema),
  'GET /timers': viewer(timersSchema),
  'GET /lag': viewer(lagReportSchema),
  'GET /parts': viewer(partsSchema),
  // Rows and figures only (`LiveEvents`); neither has anything personal.
  'GET /live': { least: 'viewer', mask: 'no-text' },
  'GET /numbers': viewer(numbersSchema),
  'GET /numbers/flow': viewer(flowSchema),
  'GET /numbers/{number}/episodes': viewer(behindSchema),
  'GET /parked': viewer(parkedListSchema),
  'GET /parked/{account}/{chatId}': { least: 'operator', text: true },
  'GET /export': { least: 'analyst', text: true },
  'GET /doctor': { least: 'analyst' },
  'GET /doctor/{account}': { least: 'analyst' },
  'GET /webhooks': { least: 'analyst' },
  'GET /quarantine': { least: 'analyst' },
  'GET /quarantine/{partition}/{offset}': { least: 'operator', text: true },
  'GET /audit': { least: 'operator' },

  'POST /what-if': { least: 'analyst' },
  'GET /what-if/{id}': { least: 'analyst' },
  'DELETE /what-if/{id}': { least: 'analyst' },
  'GET /what-if/{id}/dialogs': { least: 'analyst', text: true },
  'GET /what-if/{id}/dialogs/{account}/{chatId}': { least: 'analyst', text: true },
  'POST /parked/{account}/{chatId}/release': { least: 'operator' },
  'POST /parked/release': { least: 'operator' },
  'POST /quarantine/{partition}/{offset}/feed': { least: 'operator' },
  'POST /quarantine/feed': { least: 'operator' },
  'POST /quarantine/skip': { least: 'operator' },
  'POST /stop': { least: 'operator' },
  'POST /start': { least: 'operator' },
  'POST /accounts/{account}/scripts': { least: 'administrator' },
  'POST /accounts/{account}/scripts/{script}/remove': { least: 'administrator' },
};

export type Match = { readonly operation: string; readonly names: Readonly<Record<string, string>>; readonly rule: Operation };

const rows = Object.entries(operations).map(([operation, rule]) => {
  const [method = '', path = ''] = operation.split(' ');
  return { operation, rule, method, parts: path.split('/') };
});

/**
 * Each row that a request may be meant by; more than one where a name could stand for a fixed part of another (`/parked/release/x`). All of
 * them must allow it, so that the order in which routes are registered decides nothing here.
 * @param path below `/api`, as it came, without the query
 */
export const matching = (method: string, path: string): readonly Match[] => {
  const asked = method === 'HEAD' ? 'GET' : method;
  const given = path.replace(/\/+$/, '').split('/');
  return rows.flatMap(({ operation, rule, method: own, parts }) => {
    if (own !== asked || parts.length !== given.length) return [];
    const names: Record<string, string> = {};
    for (const [at, part] of parts.entries()) {
      const value = given[at] ?? '';
      if (part.startsWith('{')) names[part.slice(1, -1)] = decoded(value);
      // The server's router takes either case for a fixed part.
      else if (part.toLowerCase() !== value.toLowerCase()) return [];
    }
    return [{ operation, names, rule }];
  });
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
