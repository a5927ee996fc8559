import { isLoopbackHost } from '@dialog/service-kit/loopback';
import type { RequestHandler } from 'express';
import { sendProblem } from './problem.ts';

/**
 * Against DNS rebinding: a foreign site whose name was pointed at this machine sends its own name as `Host`. Loopback names
 * and the hosts given are answered, nothing else.
 */
export const allowedHost = (hosts: readonly string[]): RequestHandler => {
  const allowed = new Set(hosts.map((host) => host.toLowerCase()));
  return (request, response, next) => {
    const name = hostName(request.headers.host);
    if (name !== undefined && (isLoopbackHost(name) || allowed.has(name))) return next();
    sendProblem(response, { type: '/problems/host', title: 'This host name is not served here', status: 421 });
  };
};

/** The name of a `Host` header without its port; undefined where it is none. */
const hostName = (header: string | undefined): string | undefined => {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i.exec(header ?? '');
  return match?.[1]?.toLowerCase().replace(/\.$/, '');
};
