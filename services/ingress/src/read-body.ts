import type { IncomingMessage } from 'node:http';

/** A webhook's body at most, bytes, on either door. */
export const maxBodyBytes = 8 * 1024 * 1024;
/** Of a body that is too big, so much is kept for the quarantine. */
export const keptBytes = 64 * 1024;

export type Body =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  | { readonly kind: 'too_big' | 'too_slow'; readonly bytes: Buffer }
  | { readonly kind: 'gone' };

/** Reads a body within a limit and a deadline of real time, so that one that never ends is ended. */
export const readRequestBody = (request: IncomingMessage, deadlineMs: number): Promise<Body> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const done = (body: Body): void => {
      clearTimeout(timer);
      request.off('data', onData);
      resolve(body);
    };
    const head = (): Buffer => Buffer.concat(chunks).subarray(0, keptBytes);
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= maxBodyBytes) return;
      request.pause();
      done({ kind: 'too_big', bytes: head() });
    };
    const timer = setTimeout(() => {
      request.pause();
      done({ kind: 'too_slow', bytes: head() });
    }, deadlineMs);
    request.on('data', onData);
    request.once('end', () => done({ kind: 'whole', bytes: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks) }));
    request.once('error', () => done({ kind: 'gone' }));
    request.once('close', () => done({ kind: 'gone' }));
  });
