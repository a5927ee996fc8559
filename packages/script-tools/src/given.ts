import type { GivenInput } from '@dialog/script/script-test';

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** What happens to a chat under rehearsal: a visitor, people, Webim, another service, or the clock. Nothing else moves it. */
export type Given = Without<GivenInput, 'position'>;
