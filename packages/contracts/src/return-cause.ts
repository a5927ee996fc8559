import { z } from 'zod';
/** Why the person is with the bot again (design §5.5). */
export const returnCauseSchema = z.enum(['final_close', 'auto_close_timeout', 'abandoned', 'operator_redirect', 'no_operator']);
export type ReturnCause = z.infer<typeof returnCauseSchema>;
