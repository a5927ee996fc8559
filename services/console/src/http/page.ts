import { existsSync } from 'node:fs';
import { join } from 'node:path';
import express, { type RequestHandler, Router } from 'express';
import { notFound } from './problem.ts';

/** Everything that the page loads comes from here: no third party, no inline script; and no other page may frame it. */
export const securityHeaders =
  ({ isSecure }: { readonly isSecure: boolean }): RequestHandler =>
  (_request, response, next) => {
    response.set({
      'content-security-policy': "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
      ...(isSecure ? { 'strict-transport-security': 'max-age=31536000' } : {}),
    });
    next();
  };

/** The built page. Every address without a file is the page itself, which finds its way by the address. */
export const pageRouter = (webRoot: string): Router => {
  const router = Router();
  router.use('/assets', express.static(join(webRoot, 'assets'), { immutable: true, maxAge: '365d', fallthrough: false }));
  router.use(express.static(webRoot, { index: false, maxAge: 0 }));
  router.use((request, response) => {
    if ((request.method !== 'GET' && request.method !== 'HEAD') || !request.accepts('html')) throw notFound('The address');
    const index = join(webRoot, 'index.html');
    if (!existsSync(index)) throw notFound('The built page');
    response.set('cache-control', 'no-cache').sendFile(index);
  });
  return router;
};
