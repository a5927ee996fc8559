import type { AnswerType } from './model.ts';
import { regexMatches } from './regex.ts';
import type { Value } from './types.ts';
import { folded } from './words.ts';

/** Longer texts are no answer but a letter; `as: text` takes them. Characters. */
const maxAnswer = 1_000;

/** What a visitor's text means as an answer of this type. @returns undefined where it does not fit */
export const answerOf = (type: AnswerType, said: string): Value | undefined => {
  const trimmed = said.trim();
  if (trimmed === '') return undefined;
  if (type.kind === 'text') return trimmed.slice(0, 100_000);
  if (type.kind === 'regex') return regexMatches(type.regex, trimmed) ? trimmed : undefined;
  if (trimmed.length > maxAnswer) return undefined;
  switch (type.kind) {
    case 'int':
      return intOf(trimmed);
    case 'number':
      return numberOf(trimmed);
    case 'date':
      return dateOf(trimmed);
    case 'email':
      return emailOf(trimmed);
    case 'phone':
      return phoneOf(trimmed);
    case 'choice':
      return choiceOf(type.options, trimmed);
  }
};

/** -0 has no JSON. */
const whole = (value: number): number => (value === 0 ? 0 : value);

/** `1 000 000` as people write it: spaces between groups of three digits; `2026 100` are two numbers. */
const grouped = /^[+-]?\d{1,3}(?:[\s_]\d{3})+(?:[.,]\d+)?$/;
const ungrouped = (text: string): string => (grouped.test(text) ? text.replace(/[\s_]/g, '') : text);

const intOf = (text: string): number | undefined => {
  const plain = ungrouped(text);
  return /^[+-]?\d{1,15}$/.test(plain) ? whole(Number(plain)) : undefined;
};

/** Comma or point. */
const numberOf = (text: string): number | undefined => {
  const plain = ungrouped(text).replace(',', '.');
  return /^[+-]?\d{1,15}(?:\.\d{1,10})?$/.test(plain) ? whole(Number(plain)) : undefined;
};

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** A day of the calendar as `YYYY-MM-DD`, from that, `31.12.2026` or `31/12/2026`. */
const dateOf = (text: string): string | undefined => {
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  const local = /^(\d{1,2})[./](\d{1,2})[./](\d{4})$/.exec(text);
  const [year, month, day] = iso !== null ? iso.slice(1) : local !== null ? local.slice(1).reverse() : [];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const [y, m, d] = [Number(year), Number(month), Number(day)];
  const leap = (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0;
  const days = m === 2 && leap ? 29 : monthDays[m - 1];
  if (y < 1000 || days === undefined || d < 1 || d > days) return undefined;
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
};

/** `YYYY-MM-DD` of the calendar. */
export const isDate = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text) && dateOf(text) === text;

const emailOf = (text: string): string | undefined => {
  if (text.length > 254) return undefined;
  const at = text.lastIndexOf('@');
  const [local, domain] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || local.length > 64 || !/^[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]+$/u.test(local) || /^\.|\.\.|\.$/.test(local)) return undefined;
  const labels = domain.split('.');
  const fine = labels.length > 1 && labels.every((label) => /^[\p{L}\p{N}-]{1,63}$/u.test(label) && !/^-|-$/.test(label));
  return fine && !/^\d+$/.test(labels.at(-1) as string) ? text : undefined;
};

const phoneOf = (text: string): string | undefined => {
  if (!/^\+?[\d\s().-]+$/.test(text)) return undefined;
  const digits = text.replace(/\D/g, '');
  return digits.length >= 10 && digits.length <= 15 ? (text.startsWith('+') ? `+${digits}` : digits) : undefined;
};

/** The option as the author wrote it, from its text or its number. */
const choiceOf = (options: readonly string[], text: string): string | undefined => {
  const said = folded(text);
  const named = options.find((option) => folded(option) === said);
  if (named !== undefined) return named;
  return /^\d{1,3}[.)]?$/.test(text) ? options[Number.parseInt(text, 10) - 1] : undefined;
};
