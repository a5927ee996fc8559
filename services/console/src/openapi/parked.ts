import {
  parkedListSchema,
  parkedRecordsSchema,
  releaseClassPlanSchema,
  releaseClassSchema,
  releasePlanSchema,
  releaseSchema,
  subjectParamsSchema,
} from '../api/parked.ts';
import { operation, type Paths, parameters, schema, takes } from './operation.ts';

/** Dialogs that stopped. */
export const parkedPaths = (): Paths => ({
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
      ...takes(releaseSchema),
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
      ...takes(releaseClassSchema),
    },
  },
});
