/**
 * What an error says of itself. It is recognised by that and not by `instanceof`: it may come from another thread, or from another copy
 * of the package that names its class.
 */
export const codeOf = (error: unknown): string | undefined => {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
};

/** What a deployment leans on. */
export type Dependency = 'log' | 'event store';

/** Whose error it is, where it is one of theirs. */
export const dependencyOf = (error: unknown): Dependency | undefined => {
  const dependency = (error as { readonly dependency?: unknown } | null | undefined)?.dependency;
  return dependency === 'log' || dependency === 'event store' ? dependency : undefined;
};

/** The log or the store is away: the same call may succeed later. */
export const isRetryable = (error: unknown): boolean => (error as { readonly retryable?: unknown } | null | undefined)?.retryable === true;
