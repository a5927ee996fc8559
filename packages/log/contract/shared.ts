import type { LogRig, LogUnderTest } from './rig.ts';

/** What the cases of one run share: the adapter's facts, and the log that the case at hand works on. */
export type Shared = { readonly facts: LogUnderTest; readonly rig: () => LogRig };
