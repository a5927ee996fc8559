import {
  publishedSchema,
  publishSchema,
  removedScriptSchema,
  removeScriptSchema,
  scriptAccountSchema,
  scriptParamsSchema,
  scriptSchema,
  scriptVersionParamsSchema,
  scriptVersionsSchema,
} from '../api/scripts.ts';
import { settingsParamsSchema, settingsPinSchema } from '../api/settings.ts';
import { operation, type Paths, parameters, schema, takes } from './operation.ts';

/** Scripts and settings by hash, and the versions of an account’s script. */
export const scriptsPaths = (): Paths => ({
  '/settings/{settings}': {
    get: operation(
      'getSettings',
      'Settings that inputs pin, by their hash; no secrets',
      parameters('path', settingsParamsSchema),
      schema(settingsPinSchema),
      [400, 404, 503],
    ),
  },
  '/scripts/{script}': {
    get: operation(
      'getScript',
      'The source of a version of a script',
      parameters('path', scriptParamsSchema),
      schema(scriptSchema),
      [400, 404, 503],
    ),
  },
  '/accounts/{account}/scripts': {
    get: operation(
      'listScripts',
      'The published versions of an account’s script, and how many dialogs each decided',
      parameters('path', scriptAccountSchema),
      schema(scriptVersionsSchema),
      [400, 503],
    ),
    post: {
      ...operation(
        'publishScript',
        'New chats take it from now on, in every process; a dialog keeps the version that it started with',
        parameters('path', scriptAccountSchema),
        schema(publishedSchema),
        [400, 404, 422, 503],
      ),
      ...takes(publishSchema),
    },
  },
  '/accounts/{account}/scripts/{script}/remove': {
    post: {
      ...operation(
        'removeScript',
        'Forgets a version that no dialog and no account needs',
        parameters('path', scriptVersionParamsSchema),
        schema(removedScriptSchema),
        [400, 404, 409, 503],
      ),
      ...takes(removeScriptSchema),
    },
  },
});
