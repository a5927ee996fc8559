import { accountsQuerySchema, accountsSchema } from '../api/accounts.ts';
import { auditQuerySchema, auditSchema } from '../api/audit.ts';
import { botSwitchedSchema, botSwitchSchema } from '../api/bot-switch.ts';
import { directoriesSchema } from '../api/directory.ts';
import { operation, type Paths, parameters, schema, takes } from './operation.ts';

/** Accounts: how they answer, whether their bots run, what people did, names. */
export const accountsPaths = (): Paths => ({
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
          ...takes(botSwitchSchema),
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
});
