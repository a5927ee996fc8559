import { hash } from 'node:crypto';

/**
 * The id of an event derives from (input id, index, hash of type and data): the same decision repeated is an idempotent
 * append, another decision about the same input is a conflict and never a silent success (design §6.3).
 */
export const derivedEventId = (inputId: string, index: number, type: string, dataJson: string): string =>
  uuidOf(hash('sha256', `${inputId}\n${index}\n${type}\n${dataJson}`, 'hex'));

/** A UUID (version 8: custom) of the first 16 bytes of a digest, in hex. */
const uuidOf = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant(hex.charCodeAt(16))}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;

/** The two highest bits of a hex digit become 10, as the variant wants it. */
const variant = (digit: number): string => '89ab'.charAt((digit <= 57 ? digit - 48 : digit - 87) & 3);
