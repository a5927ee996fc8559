import {
  behindQuerySchema,
  behindSchema,
  flowQuerySchema,
  flowSchema,
  numberParamsSchema,
  numbersQuerySchema,
  numbersSchema,
} from '../api/numbers.ts';
import { operation, type Paths, parameters, schema } from './operation.ts';

/** What is counted over episodes. */
export const numbersPaths = (): Paths => ({
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
});
