import type { Secret } from '@dialog/contracts/secret';
import type { Json } from './json.ts';

type Request = { readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly body?: Json | undefined };

export type Filled =
  | { readonly kind: 'filled'; readonly request: Request; readonly used: readonly string[] }
  | { readonly kind: 'missing'; readonly name: string };

const place = /\{\{\s*secret\.([a-z][a-z0-9_]{0,63})\s*\}\}/g;

/**
 * Writes secrets into a request, at the point of use: percent-encoded in the URL, as they are in headers and body. `used`: their values, so that
 * an answer which repeats one can be cleaned of it before it becomes history.
 */
export const fillSecrets = (request: Request, secrets: ReadonlyMap<string, Secret>): Filled => {
  const used = new Set<string>();
  let missing: string | undefined;
  const fill =
    (encode: (value: string) => string) =>
    (text: string): string =>
      text.replaceAll(place, (_, name: string) => {
        const value = secrets.get(name)?.reveal();
        if (value === undefined) {
          missing ??= name;
          return '';
        }
        used.add(value);
        return encode(value);
      });
  const plain = fill((value) => value);
  const filled: Request = {
    url: fill(encodeURIComponent)(request.url),
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, plain(value)])),
    ...(request.body === undefined ? {} : { body: mapTexts(request.body, plain) }),
  };
  return missing === undefined ? { kind: 'filled', request: filled, used: [...used] } : { kind: 'missing', name: missing };
};

/** An answer without the secrets that its request held. */
export const withoutSecrets = (body: Json, used: readonly string[]): Json => {
  const forms = used.flatMap((value) => [value, encodeURIComponent(value)]).filter((form) => form !== '');
  if (forms.length === 0) return body;
  return mapTexts(body, (text) => forms.reduce((rest, form) => rest.replaceAll(form, '***'), text));
};

/** The value with each text in it, names of fields too, put through `change`. */
const mapTexts = (value: Json, change: (text: string) => string): Json => {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item as Json, change));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [change(name), mapTexts(inner as Json, change)]));
};
