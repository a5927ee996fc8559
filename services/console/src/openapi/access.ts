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
} from '../access/schemas.ts';
import { operation, type Paths, parameters, schema, takes } from './operation.ts';

/** Who may come in, and what of it is kept. */
export const accessPaths = (): Paths => ({
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
      ...takes(loginSchema),
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
      ...takes(createTokenSchema),
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
});
