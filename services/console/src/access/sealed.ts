import { createSecretKey, hkdfSync } from 'node:crypto';
import type { Secret } from '@dialog/contracts/secret';
import { EncryptJWT, jwtDecrypt } from 'jose';
import type { z } from 'zod';

/** What a browser keeps for us and can neither read nor change: encrypted and authenticated, with an end. */
export type Sealed = {
  /** @param untilMs ms since the epoch; kept in whole seconds */
  readonly seal: (content: Record<string, unknown>, untilMs: number) => Promise<string>;
  /** undefined: not sealed here for this, changed, or past its end at `now`. */
  readonly open: <T extends z.ZodType>(schema: T, text: string, now: number) => Promise<z.infer<T> | undefined>;
};

/**
 * @param purpose one sealed for another does not open here
 * @param bound what else must be as it was: a changed password opens no session of the one before
 */
export const sealed = (secret: Secret, purpose: string, bound: string): Sealed => {
  const key = createSecretKey(Buffer.from(hkdfSync('sha256', secret.reveal(), bound, `dialog-console/${purpose}`, 32)));
  return {
    seal: (content, untilMs) =>
      new EncryptJWT({ content })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .setAudience(purpose)
        .setExpirationTime(Math.floor(untilMs / 1000))
        .encrypt(key),
    open: async (schema, text, now) => {
      try {
        const { payload } = await jwtDecrypt(text, key, {
          audience: purpose,
          currentDate: new Date(now),
          requiredClaims: ['exp'],
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
        });
        return schema.safeParse(payload['content']).data;
      } catch {
        return undefined;
      }
    },
  };
};
