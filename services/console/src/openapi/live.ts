import { lagReportSchema } from '../lag/report.ts';
import { partsSchema } from '../parts/parts.ts';
import { operation, type Paths, problem, schema } from './operation.ts';

/** How the engine is now. */
export const livePaths = (): Paths => ({
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
});
