import type { Effect } from '@dialog/contracts/effects';

export type HttpEffect = Extract<Effect, { kind: 'http' }>;
