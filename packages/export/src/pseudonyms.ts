import { createHmac } from 'node:crypto';
import { derivedUuid } from '@dialog/contracts/ids';
import { folded } from '@dialog/script/words';
import type { Vocabulary } from './vocabulary.ts';

/**
 * Stands in for personal values: the same for the same under one key, in whatever text and file, and of the same form. Without the key
 * nobody can tell which was which, nor try candidates.
 */
export type Pseudonyms = {
  /** Names the key without telling it. */
  readonly name: string;
  readonly text: (text: string, vocabulary: Vocabulary) => string;
  readonly number: (value: number, vocabulary: Vocabulary) => number;
  /** A UUID for an id that was derived of personal data, so that it can't be derived again from a guess. */
  readonly id: (id: string) => string;
};

/** Below it a key can be tried out, bytes. */
const minKeyBytes = 16;
/** Fewer letters would soon stand for two names. */
const minLetters = 9;
const maxRemembered = 200_000;

// Without vowels: no trigger of a script matches one by chance, and who reads it sees what it is.
const consonants = { cyrillic: 'бвгджзклмнпрстфхцчшщ', latin: 'bcdfghjklmnpqrstvwxz' } as const;
const pieces = new RegExp(
  [
    // As long as RFC 5321 lets either part be: without a bound the time goes by the square of a text of words with dots between.
    /(?<email>[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}.-]{1,255}\.\p{L}{2,})/u,
    /(?<!\d)(?<date>\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{4})(?!\d)/u,
    /(?<digits>\+?\d(?:[\p{Zs}\t()./_\p{Pd}]*\d){9,})/u,
    /(?<word>[\p{L}\p{N}\p{M}]+)/u,
  ]
    .map((one) => one.source)
    .join('|'),
  'gu',
);
/** Of every text, whoever wrote it. */
const everybodys = new Set(['http', 'https', 'www']);

/** @throws Error where the key is too short */
export const pseudonyms = (key: Uint8Array): Pseudonyms => {
  if (key.length < minKeyBytes) throw new Error(`the key has ${key.length} bytes; at least ${minKeyBytes} are wanted`);
  const digest = (kind: string, value: string): Buffer => createHmac('sha256', key).update(`${kind}\0${value}`).digest();
  const remembered = new Map<string, string>();
  const once = (kind: string, value: string, make: (bytes: Buffer) => string): string => {
    const name = `${kind}\0${value}`;
    const known = remembered.get(name);
    if (known !== undefined) return known;
    if (remembered.size >= maxRemembered) remembered.clear();
    const made = make(digest(kind, value));
    remembered.set(name, made);
    return made;
  };

  const letters = (word: string): string => {
    const plain = folded(word) || word;
    const alphabet = /^\p{Script=Cyrillic}/u.test(plain) ? consonants.cyrillic : consonants.latin;
    const length = Math.max(minLetters, [...plain].length);
    const made = once(`word ${length}`, plain, (bytes) =>
      Array.from({ length }, (_, at) => alphabet[(bytes[at % bytes.length] ?? 0) % alphabet.length]).join(''),
    );
    if (word !== word.toLowerCase() && word === word.toUpperCase() && word.length > 1) return made.toUpperCase();
    return /^\p{Lu}/u.test(word) ? made.charAt(0).toUpperCase() + made.slice(1) : made;
  };
  /** As many, and zeros before them stay: so that they read as a number of the same length. */
  const digits = (run: string): string => {
    const core = run.replace(/^0+/, '');
    const zeros = run.slice(0, run.length - core.length);
    return zeros + once('digits', core, (bytes) => decimals(bytes, core.length, true));
  };
  const phone = (run: string): string => {
    const bare = run.replace(/\D/g, '');
    // 8, +7 and nothing at all begin the same Russian number.
    const national = /^[78]?(\d{10})$/.exec(bare)?.[1];
    if (national !== undefined) {
      const made = national.charAt(0) + once('phone', national, (bytes) => decimals(bytes, 9, false));
      return bare.slice(0, bare.length - 10) + made;
    }
    return bare.slice(0, 2) + once('phone', bare, (bytes) => decimals(bytes, bare.length - 2, false));
  };
  const date = (found: string): string => {
    const parts = found.split(/[-./]/);
    const iso = found.includes('-');
    const [year = '', month = '', day = ''] = iso ? parts : parts.toReversed();
    const bytes = digest('date', `${Number(year)}-${Number(month)}-${Number(day)}`);
    const of = (number: number, like: string): string => String(number).padStart(like.length, '0');
    // Never a day beyond the 28th, nor a month of two digits where there was one.
    const next = {
      year: year.slice(0, 3) + ((bytes[0] ?? 0) % 10),
      month: of(1 + ((bytes[1] ?? 0) % (month.length === 1 ? 9 : 12)), month),
      day: of(1 + ((bytes[2] ?? 0) % (day.length === 1 ? 9 : 28)), day),
    };
    const sign = /[-./]/.exec(found)?.[0] ?? '.';
    return (iso ? [next.year, next.month, next.day] : [next.day, next.month, next.year]).join(sign);
  };
  /** The digits of one in the place of those of another: what stands between them stays. */
  const inForm = (form: string, of: string): string => {
    let at = 0;
    return form.replace(/\d/g, () => of.charAt(at++));
  };
  const word = (run: string, vocabulary: Vocabulary): string =>
    vocabulary.has(run)
      ? run
      : run.replace(/\p{Nd}+|[^\p{Nd}]+/gu, (part) => {
          if (/^\p{Nd}/u.test(part)) return part.length <= 2 || vocabulary.has(part) ? part : digits(part.replace(/\D/g, '0'));
          return [...part].length === 1 || vocabulary.has(part) || everybodys.has(part.toLowerCase()) ? part : letters(part);
        });

  const text: Pseudonyms['text'] = (given, vocabulary) =>
    given.replace(pieces, (found: string, ...rest: unknown[]) => {
      const kind = rest.at(-1) as { email?: string; date?: string; digits?: string };
      if (kind.email !== undefined) {
        if (vocabulary.says(found)) return found;
        return `${once('email', found.toLowerCase(), (bytes) => `p${bytes.toString('hex', 0, 8)}`)}@example.com`;
      }
      if (kind.date !== undefined) return vocabulary.says(found) ? found : date(found);
      if (kind.digits !== undefined) {
        if (vocabulary.says(found)) return found;
        const bare = found.replace(/\D/g, '');
        return inForm(found, bare.length <= 15 ? phone(bare) : digits(bare));
      }
      return word(found, vocabulary);
    });

  return {
    name: digest('name', '').toString('hex', 0, 8),
    text,
    number: (value, vocabulary) => {
      const written = String(value);
      if (!/^-?\d+(\.\d+)?$/.test(written)) return 0;
      return Number(text(written, vocabulary));
    },
    id: (id) => derivedUuid(digest('id', id).toString('hex')),
  };
};

/** So many decimal digits of a digest; more than it gives are drawn out of it again. */
const decimals = (bytes: Buffer, length: number, nonZeroFirst: boolean): string =>
  Array.from({ length }, (_, at) => {
    const byte = ((bytes[at % bytes.length] ?? 0) + Math.floor(at / bytes.length)) % 250;
    return at === 0 && nonZeroFirst ? 1 + (byte % 9) : byte % 10;
  }).join('');
