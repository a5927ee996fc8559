import { z } from 'zod';
import {
  accessAuditQuerySchema,
  accessAuditSchema,
  createdTokenSchema,
  createTokenSchema,
  loggedOutSchema,
  loginSchema,
  revokedSchema,
  sessionSchema,
  tokenParamsSchema,
  tokensSchema,
} from './access/schemas.ts';
import { accountsQuerySchema, accountsSchema } from './api/accounts.ts';
import { auditQuerySchema, auditSchema } from './api/audit.ts';
import { botSwitchedSchema, botSwitchSchema } from './api/bot-switch.ts';
import { directoriesSchema } from './api/directory.ts';
import { doctorListSchema, doctorParamsSchema, doctorSchema, webhooksQuerySchema, webhooksSchema } from './api/doctor.ts';
import { exportQuerySchema } from './api/export.ts';
import {
  behindQuerySchema,
  behindSchema,
  flowQuerySchema,
  flowSchema,
  numberParamsSchema,
  numbersQuerySchema,
  numbersSchema,
} from './api/numbers.ts';
import {
  parkedListSchema,
  parkedRecordsSchema,
  releaseClassPlanSchema,
  releaseClassSchema,
  releasePlanSchema,
  releaseSchema,
  subjectParamsSchema,
} from './api/parked.ts';
import {
  fedSchema,
  feedSchema,
  quarantineListSchema,
  quarantineOneSchema,
  quarantinePlaceSchema,
  quarantineQuerySchema,
} from './api/quarantine.ts';
import {
  aboutSchema,
  dialogListQuerySchema,
  dialogListSchema,
  dialogParamsSchema,
  dialogSchema,
  eventPageSchema,
  eventsQuerySchema,
  facetValuesSchema,
} from './api/schemas.ts';
import {
  publishedSchema,
  publishSchema,
  removedScriptSchema,
  removeScriptSchema,
  scriptAccountSchema,
  scriptParamsSchema,
  scriptSchema,
  scriptVersionParamsSchema,
  scriptVersionsSchema,
} from './api/scripts.ts';
import { settingsParamsSchema, settingsPinSchema } from './api/settings.ts';
import {
  whatIfDialogParamsSchema,
  whatIfDialogSchema,
  whatIfListQuerySchema,
  whatIfListSchema,
  whatIfParamsSchema,
  whatIfSchema,
  whatIfStartedSchema,
  whatIfStateSchema,
} from './api/what-if.ts';
import { stuckQuerySchema, stuckSchema, timersQuerySchema, timersSchema, waitingQuerySchema, waitingSchema } from './api/work.ts';
import { problemSchema } from './http/problem.ts';
import { lagReportSchema } from './lag/report.ts';
import { partsSchema } from './parts/parts.ts';

type Json = { readonly [key: string]: unknown };

/** OpenAPI 3.1 of the console's API, made of the schemas by which the API checks. Deterministic: it is committed and compared. */
export const consoleOpenApi = (): Json => ({
  openapi: '3.1.0',
  info: {
    title: 'Console',
    version: '1',
    description:
      'Reads dialogs, their events and the lag of each group; releases parked dialogs by a command in the log. Times are milliseconds since the Unix epoch, by the engine’s clock.',
  },
  servers: [{ url: '/api' }],
  paths: {
    '/access/session': { get: operation('getSession', 'How one signs in here, and who asks', [], schema(sessionSchema)) },
    '/access/login': {
      post: {
        ...operation(
          'login',
          'Signs the local administrator in: the answer sets a cookie. At most ten wrong passwords a minute from one address',
          [],
          schema(sessionSchema),
          [400, 401, 404, 429, 503],
        ),
        requestBody: { required: true, content: { 'application/json': { schema: schema(loginSchema, 'input') } } },
      },
    },
    '/access/logout': { post: operation('logout', 'Ends the session', [], schema(loggedOutSchema), [503]) },
    '/access/oidc/start': {
      get: {
        operationId: 'oidcStart',
        summary: 'Sends the browser to the identity provider',
        responses: { 302: { description: 'Go there' } },
      },
    },
    '/access/oidc/callback': {
      get: {
        operationId: 'oidcCallback',
        summary: 'Where the identity provider sends the browser back; the answer sets a cookie',
        responses: { 302: { description: 'To the page' } },
      },
    },
    '/access/tokens': {
      get: operation('listTokens', 'Tokens of the API, without their text', [], schema(tokensSchema), [503]),
      post: {
        ...operation('createToken', 'Makes a token of the API; its text is told this once', [], schema(createdTokenSchema), [400, 503]),
        requestBody: { required: true, content: { 'application/json': { schema: schema(createTokenSchema, 'input') } } },
      },
    },
    '/access/tokens/{id}/revoke': {
      post: operation(
        'revokeToken',
        'Lets a token in no more',
        parameters('path', tokenParamsSchema),
        schema(revokedSchema),
        [400, 404, 503],
      ),
    },
    '/access/audit': {
      get: operation(
        'listAccess',
        'Who came in or was refused, read unmasked text, asked for changes, made tokens; newest first',
        parameters('query', accessAuditQuerySchema),
        schema(accessAuditSchema),
        [400, 503],
      ),
    },
    '/about': { get: operation('about', 'What this console is', [], schema(aboutSchema)) },
    '/dialogs': {
      get: operation(
        'listDialogs',
        'Dialogs under all that is asked, newest activity first; chats that the bot never had only where asked for',
        parameters('query', dialogListQuerySchema),
        schema(dialogListSchema),
        [400],
      ),
    },
    '/dialogs/values': {
      get: operation('listValues', 'By what dialogs can be filtered: the values that some dialog has', [], schema(facetValuesSchema)),
    },
    '/dialogs/{account}/{chatId}': {
      get: operation('getDialog', 'One dialog, as its row', parameters('path', dialogParamsSchema), schema(dialogSchema), [400, 404]),
    },
    '/dialogs/{account}/{chatId}/events': {
      get: operation(
        'listEvents',
        'The events of a dialog in order, read from the event store',
        [...parameters('path', dialogParamsSchema), ...parameters('query', eventsQuerySchema)],
        schema(eventPageSchema),
        [400, 404, 503],
      ),
    },
    '/export': {
      get: {
        operationId: 'export',
        summary: 'Histories with the scripts and settings that they pin, one JSON object a line (docs/export.md); ends with {"line":"end"}',
        parameters: parameters('query', exportQuerySchema),
        responses: {
          200: { description: 'Lines, as fast as they are taken', content: { 'application/x-ndjson': { schema: { type: 'string' } } } },
          400: problem('The request is not valid'),
          503: problem('The store does not answer now'),
        },
      },
    },
    '/parked': {
      get: operation('listParked', 'Dialogs that stopped at a record which could not be applied', [], schema(parkedListSchema)),
    },
    '/parked/{account}/{chatId}': {
      get: operation(
        'listParkedRecords',
        'What waits of a parked dialog, in order',
        parameters('path', subjectParamsSchema),
        schema(parkedRecordsSchema),
        [400, 503],
      ),
    },
    '/parked/{account}/{chatId}/release': {
      post: {
        ...operation(
          'releaseParked',
          'Applies the parked records again, in order; some left out or replaced. Accepted: the command is in the log, the dialog’s history tells what came of it',
          parameters('path', subjectParamsSchema),
          schema(releasePlanSchema),
          [400, 404, 503],
        ),
        requestBody: { required: true, content: { 'application/json': { schema: schema(releaseSchema, 'input') } } },
      },
    },
    '/parked/release': {
      post: {
        ...operation(
          'releaseParkedClass',
          'Releases all dialogs that were parked for one reason, each by a command of its own',
          [],
          schema(releaseClassPlanSchema),
          [400, 503],
        ),
        requestBody: { required: true, content: { 'application/json': { schema: schema(releaseClassSchema, 'input') } } },
      },
    },
    '/doctor': { get: operation('listDoctor', 'How many things are wrong with each account’s set-up', [], schema(doctorListSchema)) },
    '/doctor/{account}': {
      get: operation(
        'getDoctor',
        'What of an account’s set-up in Webim was seen, what is wrong and how to mend it, and how far the set-up guide is',
        parameters('path', doctorParamsSchema),
        schema(doctorSchema),
        [400, 404],
      ),
    },
    '/webhooks': {
      get: operation(
        'listWebhooks',
        'Webhooks of an account with their verdicts, newest first: those that were taken and those in the quarantine',
        parameters('query', webhooksQuerySchema),
        schema(webhooksSchema),
        [400],
      ),
    },
    '/quarantine': {
      get: operation(
        'listQuarantine',
        'Webhooks that the door could not take, newest first; kept 7 days',
        parameters('query', quarantineQuerySchema),
        schema(quarantineListSchema),
        [400, 503],
      ),
    },
    '/quarantine/{partition}/{offset}': {
      get: operation(
        'getQuarantined',
        'One of them with its body, and what the door would make of it today',
        parameters('path', quarantinePlaceSchema),
        schema(quarantineOneSchema),
        [400, 404, 503],
      ),
    },
    '/quarantine/{partition}/{offset}/feed': {
      post: {
        ...operation(
          'feedQuarantined',
          'Gives it to the engine as an input, as it came or repaired, where the door can read it now',
          parameters('path', quarantinePlaceSchema),
          schema(fedSchema),
          [400, 404, 409, 422, 503],
        ),
        requestBody: { required: true, content: { 'application/json': { schema: schema(feedSchema, 'input') } } },
      },
    },
    '/accounts': {
      get: operation(
        'listAccounts',
        'How each account’s Webim answers, as the histories say: circuit, rate, errors by code',
        parameters('query', accountsQuerySchema),
        schema(accountsSchema),
        [400],
      ),
    },
    ...Object.fromEntries(
      [
        [
          '/stop',
          'stopBot',
          'Stops the bot of an account, of a version of its script, or of one dialog: it takes no input, people get its chats',
        ],
        ['/start', 'startBot', 'Takes that back'],
      ].map(([path, id, summary]) => [
        path,
        {
          post: {
            ...operation(id as string, summary as string, [], schema(botSwitchedSchema), [400, 404, 503]),
            requestBody: { required: true, content: { 'application/json': { schema: schema(botSwitchSchema, 'input') } } },
          },
        },
      ]),
    ),
    '/audit': {
      get: operation(
        'listActions',
        'What operators did from the console: who, what, why, when; newest first',
        parameters('query', auditQuerySchema),
        schema(auditSchema),
        [400, 503],
      ),
    },
    '/directory': {
      get: operation(
        'getDirectory',
        'Operators and departments by name, by account; where an administrator’s credentials are configured',
        [],
        schema(directoriesSchema),
        [503],
      ),
    },
    '/settings/{settings}': {
      get: operation(
        'getSettings',
        'Settings that inputs pin, by their hash; no secrets',
        parameters('path', settingsParamsSchema),
        schema(settingsPinSchema),
        [400, 404, 503],
      ),
    },
    '/scripts/{script}': {
      get: operation(
        'getScript',
        'The source of a version of a script',
        parameters('path', scriptParamsSchema),
        schema(scriptSchema),
        [400, 404, 503],
      ),
    },
    '/accounts/{account}/scripts': {
      get: operation(
        'listScripts',
        'The published versions of an account’s script, and how many dialogs each decided',
        parameters('path', scriptAccountSchema),
        schema(scriptVersionsSchema),
        [400, 503],
      ),
      post: {
        ...operation(
          'publishScript',
          'New chats take it from now on, in every process; a dialog keeps the version that it started with',
          parameters('path', scriptAccountSchema),
          schema(publishedSchema),
          [400, 404, 422, 503],
        ),
        requestBody: { required: true, content: { 'application/json': { schema: schema(publishSchema, 'input') } } },
      },
    },
    '/accounts/{account}/scripts/{script}/remove': {
      post: {
        ...operation(
          'removeScript',
          'Forgets a version that no dialog and no account needs',
          parameters('path', scriptVersionParamsSchema),
          schema(removedScriptSchema),
          [400, 404, 409, 503],
        ),
        requestBody: { required: true, content: { 'application/json': { schema: schema(removeScriptSchema, 'input') } } },
      },
    },
    '/numbers': {
      get: operation(
        'listNumbers',
        'What is counted over the episodes of a period, by the definitions in the file of numbers',
        parameters('query', numbersQuerySchema),
        schema(numbersSchema),
        [400],
      ),
    },
    '/numbers/flow': {
      get: operation(
        'getFlow',
        'How many dialogs took each way through a script, and where they were left',
        parameters('query', flowQuerySchema),
        schema(flowSchema),
        [400, 404, 503],
      ),
    },
    '/numbers/{number}/episodes': {
      get: operation(
        'listEpisodes',
        'The episodes behind a number, or behind one of its parts',
        [...parameters('path', numberParamsSchema), ...parameters('query', behindQuerySchema)],
        schema(behindSchema),
        [400, 404],
      ),
    },
    '/stuck': {
      get: operation(
        'listStuck',
        'Dialogs that do not go on, by cause, with the probable reason',
        parameters('query', stuckQuerySchema),
        schema(stuckSchema),
        [400],
      ),
    },
    '/waiting': {
      get: operation(
        'listWaiting',
        'Dialogs in which something is on its way or waits, longest first',
        parameters('query', waitingQuerySchema),
        schema(waitingSchema),
        [400],
      ),
    },
    '/timers': {
      get: operation(
        'listTimers',
        'Armed timers, earliest first, with the event that armed each',
        parameters('query', timersQuerySchema),
        schema(timersSchema),
        [400],
      ),
    },
    '/what-if': {
      post: {
        ...operation(
          'startWhatIf',
          'Tries another script or settings on chosen dialogs, in threads of low priority; one at a time',
          [],
          schema(whatIfStartedSchema),
          [400, 404, 409, 422, 503],
          202,
        ),
        requestBody: { required: true, content: { 'application/json': { schema: schema(whatIfSchema, 'input') } } },
      },
    },
    '/what-if/{id}': {
      get: operation(
        'getWhatIf',
        'How far a try is, and its totals',
        parameters('path', whatIfParamsSchema),
        schema(whatIfStateSchema),
        [400, 404],
      ),
      delete: operation(
        'cancelWhatIf',
        'Ends a try; what it found until then stays',
        parameters('path', whatIfParamsSchema),
        schema(whatIfStateSchema),
        [400, 404],
      ),
    },
    '/what-if/{id}/dialogs': {
      get: operation(
        'listWhatIf',
        'The dialogs that differ, each with its first difference',
        [...parameters('path', whatIfParamsSchema), ...parameters('query', whatIfListQuerySchema)],
        schema(whatIfListSchema),
        [400, 404],
      ),
    },
    '/what-if/{id}/dialogs/{account}/{chatId}': {
      get: operation(
        'getWhatIfDialog',
        'One dialog with both transcripts',
        parameters('path', whatIfDialogParamsSchema),
        schema(whatIfDialogSchema),
        [400, 404, 503],
      ),
    },
    '/parts': {
      get: operation('parts', 'Whether what the engine stands on answers, asked about once a second', [], schema(partsSchema)),
    },
    '/lag': {
      get: operation(
        'lag',
        'How far each group is on each topic and partition, measured from outside about once a second; nothing while the log does not answer',
        [],
        schema(lagReportSchema),
      ),
    },
    '/live': {
      get: {
        operationId: 'live',
        summary:
          'Server-sent events: hello, dialog (a row changed), lag (each sample, about one a second), reload (more changed than was told)',
        responses: {
          200: { description: 'A stream without end', content: { 'text/event-stream': { schema: { type: 'string' } } } },
          503: problem('Too many listeners'),
        },
      },
    },
  },
  components: {
    schemas: { Problem: schema(problemSchema) },
    securitySchemes: {
      token: { type: 'http', scheme: 'bearer', description: 'Of `dialogctl access token create`' },
      session: { type: 'apiKey', in: 'cookie', name: 'dialog-console', description: 'Of a sign-in; `__Host-dialog-console` over https' },
    },
  },
  // Where people sign in; a console that is open asks for neither. Each operation then also answers 401 and 403.
  security: [{ token: [] }, { session: [] }, {}],
});

const schema = (of: z.ZodType, io: 'input' | 'output' = 'output'): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(of, { io, unrepresentable: 'any' }) as Json & { $schema?: string };
  return rest;
};

const parameters = (place: 'path' | 'query', of: z.ZodObject): Json[] => {
  const { properties, required } = schema(of, 'input') as { properties: Record<string, Json>; required?: readonly string[] };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || (required ?? []).includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
};

const titles: Record<number, string> = {
  400: 'The request is not valid',
  401: 'Sign in first',
  404: 'Not found',
  409: 'Not as things are now',
  422: 'What was given can’t be read',
  429: 'Too many attempts',
  503: 'The store does not answer now',
};

const operation = (
  operationId: string,
  summary: string,
  given: readonly Json[],
  answer: Json,
  errors: readonly number[] = [],
  success = 200,
): Json => ({
  operationId,
  summary,
  ...(given.length === 0 ? {} : { parameters: given }),
  responses: {
    [success]: { description: 'As asked', content: { 'application/json': { schema: answer } } },
    ...Object.fromEntries(errors.map((status) => [status, problem(titles[status] ?? 'Problem')])),
  },
});

const problem = (description: string): Json => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});
