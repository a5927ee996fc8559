import { z } from 'zod';
import { dialogSettingsSchema } from './settings.ts';

/** The one event of `script-{hash}` and of `settings-{hash}`: what histories name by the hash of its content. */
export const pinEventSchemas = {
  ScriptRegistered: z.object({ source: z.string() }),
  SettingsRegistered: z.object({ settings: dialogSettingsSchema }),
} as const;
