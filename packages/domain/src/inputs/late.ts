import { type Draft, emit, recordInput } from '../draft.ts';

/** What comes after the final close: recorded, nothing reopens (Webim never uses a chat's number again). */
export const late = (draft: Draft): void => {
  recordInput(draft);
  emit(draft, { type: 'InputLate', data: { reason: 'after_close' } });
};
