import { stuckQuerySchema, stuckSchema, timersQuerySchema, timersSchema, waitingQuerySchema, waitingSchema } from '../api/work.ts';
import { operation, type Paths, parameters, schema } from './operation.ts';

/** What does not go on, and what waits. */
export const workPaths = (): Paths => ({
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
});
