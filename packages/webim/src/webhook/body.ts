import { nestsDeeperThan } from './json-depth.ts';
import type { Unreadable } from './request.ts';

export type Fields = { readonly [key: string]: unknown };
export type ReadBody = { readonly ok: true; readonly fields: Fields } | { readonly ok: false; readonly reason: Unreadable };

/** JSON nested deeper is refused before it is parsed. */
const maxDepth = 64;

/** JSON whatever the content type says; else a form, a field of which may hold JSON; nothing at all is an empty object. */
export const readBody = (body: Uint8Array, contentType: string): ReadBody => {
  const text = decode(body).trim();
  if (text === '') return { ok: true, fields: {} };
  if (nestsDeeperThan(text, maxDepth)) return { ok: false, reason: 'too_deep' };
  const json = parse(text);
  if (json !== undefined) {
    return isFields(json.value) ? { ok: true, fields: json.value } : { ok: false, reason: 'not_an_object' };
  }
  const isForm = /form-urlencoded/i.test(contentType) || /^[\w.[\]%+-]+=/.test(text);
  return isForm ? { ok: true, fields: formFields(new URLSearchParams(text)) } : { ok: false, reason: 'not_json' };
};

export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object that a text holds as JSON; undefined where it holds none. */
export const jsonObject = (value: unknown): Fields | undefined => {
  if (typeof value !== 'string' || !/^\s*\{/.test(value) || nestsDeeperThan(value, maxDepth)) return undefined;
  const json = parse(value)?.value;
  return isFields(json) ? json : undefined;
};

const decoder = new TextDecoder('utf-8');
const decode = (body: Uint8Array): string => decoder.decode(body);

const parse = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
};

/** The fields of a form or a query; one may hold JSON. */
export const formFields = (entries: Iterable<readonly [string, string]>): Fields => {
  const fields: Record<string, unknown> = Object.create(null);
  for (const [key, value] of entries) {
    const json = /^\s*[[{]/.test(value) && !nestsDeeperThan(value, maxDepth) ? parse(value) : undefined;
    if (json !== undefined && isFields(json.value) && ['data', 'body', 'payload', 'json'].includes(key)) Object.assign(fields, json.value);
    else fields[key] = json === undefined ? value : json.value;
  }
  return fields;
};
