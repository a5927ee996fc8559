import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

/** OWASP's setting for 32 MB: about a tenth of a second of one core. */
const cost = { N: 2 ** 15, r: 8, p: 3 } as const;
const keyBytes = 32;
const maxmem = 256 * 1024 * 1024;
const format = /^scrypt:(\d{1,7}):(\d{1,2}):(\d{1,2}):([A-Za-z0-9_-]{22,86}):([A-Za-z0-9_-]{43})$/;

const derived = (password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> =>
  new Promise((resolve, reject) =>
    // The same word typed on another keyboard must be the same bytes.
    scrypt(password.normalize('NFKC'), salt, keyBytes, options, (error, key) => (error ? reject(error) : resolve(key))),
  );

export const isPasswordHash = (text: string): boolean => {
  const [, n, r, p] = (format.exec(text) ?? []).map(Number);
  if (n === undefined || r === undefined || p === undefined) return false;
  // A power of two, not weaker than the least that is still thought safe, and within the memory that one check may take.
  return Number.isInteger(Math.log2(n)) && n >= 2 ** 14 && p >= 1 && r >= 8 && 128 * n * r < maxmem;
};

/** `scrypt:N:r:p:salt:key`, base64url; it holds no character that a shell or Compose would read. */
export const hashPassword = async (password: string): Promise<string> => {
  const salt = randomBytes(16);
  const key = await derived(password, salt, { ...cost, maxmem });
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join(':');
};

/** Takes as long for a wrong password as for the right one. @throws where `hash` is none */
export const isPassword = async (password: string, hash: string): Promise<boolean> => {
  const [, n, r, p, salt = '', key = ''] = format.exec(hash) ?? [];
  if (!isPasswordHash(hash)) throw new Error('this is no hash of a password');
  const given = await derived(password, Buffer.from(salt, 'base64url'), { N: Number(n), r: Number(r), p: Number(p), maxmem });
  return timingSafeEqual(given, Buffer.from(key, 'base64url'));
};
