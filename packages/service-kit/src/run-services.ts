import { codeOf } from '@dialog/contracts/errors';
import type { Logger } from 'pino';
import { errorFacts } from './error-facts.ts';
import type { Service } from './service.ts';

export type NamedService = { readonly name: string; readonly service: Service };

/** A stop that takes longer is cut, ms of real time. */
const stopWithinMs = 10_000;

/**
 * Runs services until a signal, or until one of them ends by itself: that takes the process down with an error (design §6.9).
 * They stop in the order given: no more input, drain, then what the others lean on. @returns the process's exit code
 */
export const runServices = async (
  services: readonly NamedService[],
  options: {
    readonly logger: Logger;
    readonly signal: AbortSignal;
    readonly close: () => Promise<void>;
    /** Told which service ended, before the others stop. */
    readonly onFailure?: (name: string, error: unknown) => void;
  },
): Promise<number> => {
  const { logger, signal } = options;
  const ended = Promise.withResolvers<{ name: string; error?: unknown }>();
  for (const { name, service } of services) {
    service.run().then(
      () => ended.resolve({ name }),
      (error: unknown) => ended.resolve({ name, error }),
    );
  }
  const asked = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const failure = await Promise.race([asked, ended.promise]);
  if (failure !== undefined) {
    logger.fatal({ event: 'service_ended', service: failure.name, ...errorFacts(failure.error) });
    options.onFailure?.(failure.name, failure.error);
  } else logger.info({ event: 'stopping' });

  const cut = setTimeout(() => {
    logger.fatal({ event: 'stop_took_too_long' });
    process.exit(1);
  }, stopWithinMs);
  for (const { name, service } of services) {
    await service.stop().catch((error: unknown) => logger.error({ event: 'stop_failed', service: name, ...errorFacts(error) }));
  }
  await options.close();
  clearTimeout(cut);
  logger.info({ event: 'stopped' });
  return failure === undefined ? 0 : 1;
};

/** In a line for people: which service ended, and where it can't listen. Never the error's own words, for the reason that `errorFacts` gives. */
export const endingOf = (name: string, error: unknown): string => {
  const { syscall, address, hostname, port } = (error ?? {}) as Readonly<Record<'syscall' | 'address' | 'hostname' | 'port', unknown>>;
  const code = codeOf(error);
  const why = code === undefined ? '' : ` (${code})`;
  if (syscall === 'listen' || syscall === 'bind') return `${name} can't listen on ${address}:${port}${why}`;
  if (syscall === 'getaddrinfo') return `${name} can't listen on ${hostname}${why}`;
  return `${name} ended with an error${why}`;
};
