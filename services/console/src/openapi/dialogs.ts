import { exportQuerySchema } from '../api/export.ts';
import {
  aboutSchema,
  dialogListQuerySchema,
  dialogListSchema,
  dialogParamsSchema,
  dialogSchema,
  eventPageSchema,
  eventsQuerySchema,
  facetValuesSchema,
} from '../api/schemas.ts';
import { operation, type Paths, parameters, problem, schema } from './operation.ts';

/** Dialogs and their histories. */
export const dialogsPaths = (): Paths => ({
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
});
