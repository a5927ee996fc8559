import type { RequestHandler, Response } from 'express';
import { sendProblem } from './problem.ts';

/** What a page of any site may send without being asked first; nothing of ours comes so. */
const simpleTypes = new Set(['text/plain', 'multipart/form-data', 'application/x-www-form-urlencoded']);

/**
 * Against forged requests, also to a console that is open on loopback: what changes something must come from a page of this very origin,
 * or from no page at all, and its body must say that it is none of the types that a form could send. What only reads, another site's page may reach by
 * a link or a redirect (so a provider sends people back), and not otherwise: it can't see the answer, but how long a search takes tells what was said.
 * @param publicUrl where browsers reach the console, if it is another address than the `Host` they send
 */
export const sameOrigin = (publicUrl: string | undefined): RequestHandler => {
  const publicOrigin = publicUrl === undefined ? undefined : new URL(publicUrl).origin;
  return (request, response, next) => {
    const { origin, host } = request.headers;
    const site = request.headers['sec-fetch-site'];
    const isForeign = site !== undefined && site !== 'same-origin' && site !== 'none';
    if (request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS') {
      const isFollowed = request.headers['sec-fetch-mode'] === 'navigate' && request.headers['sec-fetch-dest'] === 'document';
      return isForeign && !isFollowed ? refuse(response) : next();
    }
    const own = origin === undefined || origin === publicOrigin || (URL.canParse(origin) && new URL(origin).host === host?.toLowerCase());
    if (!own || isForeign) return refuse(response);
    const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
    const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
    if (hasBody && (type === undefined || simpleTypes.has(type))) {
      return sendProblem(response, { type: '/problems/content-type', title: 'The body must be JSON', status: 415 });
    }
    next();
  };
};

const refuse = (response: Response): void =>
  sendProblem(response, { type: '/problems/foreign-origin', title: 'Another site’s page may not ask this', status: 403 });
