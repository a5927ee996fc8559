import { hash } from 'node:crypto';
import { derivedUuid } from '@dialog/contracts/ids';

/**
 * The id of an event derives from (input id, index, hash of type and data): the same decision repeated is an idempotent
 * append, another decision about the same input is a conflict and never a silent success (design §6.3).
 */
export const derivedEventId = (inputId: string, index: number, type: string, dataJson: string): string =>
  derivedUuid(hash('sha256', `${inputId}\n${index}\n${type}\n${dataJson}`, 'hex'));
