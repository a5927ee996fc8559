import { doctorListSchema, doctorParamsSchema, doctorSchema, webhooksQuerySchema, webhooksSchema } from '../api/doctor.ts';
import {
  fedAllSchema,
  fedSchema,
  feedAllSchema,
  feedSchema,
  quarantineListSchema,
  quarantineOneSchema,
  quarantinePlaceSchema,
  quarantineQuerySchema,
  skippedSchema,
  skipSchema,
} from '../api/quarantine.ts';
import { operation, type Paths, parameters, schema, takes } from './operation.ts';

/** What Webim sent: the doctor, the webhooks and those that the door put aside. */
export const webhooksPaths = (): Paths => ({
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
  '/quarantine/feed': {
    post: {
      ...operation(
        'feedAllQuarantined',
        'Gives some to the engine as they came, those that the door can read now',
        [],
        schema(fedAllSchema),
        [400, 404, 503],
      ),
      ...takes(feedAllSchema),
    },
  },
  '/quarantine/skip': {
    post: {
      ...operation(
        'skipQuarantined',
        'Says of some that nothing is to be done, and why; they stay to be looked at',
        [],
        schema(skippedSchema),
        [400, 404, 503],
      ),
      ...takes(skipSchema),
    },
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
      ...takes(feedSchema),
    },
  },
});
