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
  options: { readonly logger: Logger; readonly signal: AbortSignal; readonly close: () => Promise<void> },
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
  if (failure !== undefined) logger.fatal({ event: 'service_ended', service: failure.name, ...errorFacts(failure.error) });
  else logger.info({ event: 'stopping' });

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
