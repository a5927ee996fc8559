import { cannot } from '../exit.ts';

/** Where Webim reaches ingress, as addresses are made of it: without spaces and a slash at its end. Exit code 2 where it can't be that. */
export const baseUrlOf = (given: string): string => {
  const url = URL.parse(given.trim());
  const isFine = url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '' && url.username === '';
  if (!isFine) return cannot(`--base-url ${given}: an address like https://bot.example.com is wanted`);
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
};
