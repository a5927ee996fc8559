import { createHash } from 'node:crypto';

/**
 * The id of an event derives from (input id, index, hash of type and data): the same decision repeated is an idempotent
 * append, another decision about the same input is a conflict and never a silent success (design §6.3).
 */
export const derivedEventId = (inputId: string, index: number, type: string, dataJson: string): string =>
  uuidOf(createHash('sha256').update(`${inputId}\n${index}\n${type}\n${dataJson}`).digest());

/** A UUID (version 8: custom) of the first 16 bytes of a digest. */
const uuidOf = (digest: Buffer): string => {
  const bytes = Buffer.from(digest.subarray(0, 16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};
