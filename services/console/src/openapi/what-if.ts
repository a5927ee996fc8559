import {
  whatIfDialogParamsSchema,
  whatIfDialogSchema,
  whatIfListQuerySchema,
  whatIfListSchema,
  whatIfParamsSchema,
  whatIfSchema,
  whatIfStartedSchema,
  whatIfStateSchema,
} from '../api/what-if.ts';
import { operation, type Paths, parameters, schema, takes } from './operation.ts';

/** Tries of another script or settings. */
export const whatIfPaths = (): Paths => ({
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
      ...takes(whatIfSchema),
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
});
