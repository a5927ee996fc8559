import { problemSchema } from './http/problem.ts';
import { accessPaths } from './openapi/access.ts';
import { accountsPaths } from './openapi/accounts.ts';
import { dialogsPaths } from './openapi/dialogs.ts';
import { livePaths } from './openapi/live.ts';
import { numbersPaths } from './openapi/numbers.ts';
import { type Json, schema } from './openapi/operation.ts';
import { parkedPaths } from './openapi/parked.ts';
import { scriptsPaths } from './openapi/scripts.ts';
import { webhooksPaths } from './openapi/webhooks.ts';
import { whatIfPaths } from './openapi/what-if.ts';
import { workPaths } from './openapi/work.ts';

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
    ...accessPaths(),
    ...dialogsPaths(),
    ...parkedPaths(),
    ...webhooksPaths(),
    ...accountsPaths(),
    ...scriptsPaths(),
    ...numbersPaths(),
    ...workPaths(),
    ...whatIfPaths(),
    ...livePaths(),
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
