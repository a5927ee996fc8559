import { type Compile, duration, outcome, savesTo, textTemplate } from './compile-step.ts';
import type { BodyTemplate } from './http-request.ts';
import type { StepOf } from './model.ts';
import type { Source } from './source.ts';
import type { Template } from './template.ts';
import type { HttpRequest } from './types.ts';
import { httpMethods, verbWords } from './vocabulary.ts';

export const compileHttp = (compile: Compile): void => {
  const { context, value, common, give } = compile;
  const { reader, defaults } = context;
  const fields = reader.fields(value, Object.keys(verbWords.http.keys), 'http');
  if (fields === undefined) return;
  const methods = httpMethods.filter((name) => fields.has(name));
  const [method] = methods;
  if (method === undefined || methods.length > 1) {
    const at = methods[1] === undefined ? value : (fields.get(methods[1]) as Source);
    reader.error(at, 'bad-method', `http has exactly one of ${httpMethods.join(', ')}`, 'get: "https://…"');
    return;
  }
  const body = fields.get('body');
  if (body !== undefined && method === 'get') reader.error(body, 'bad-body', 'a get has no body', 'use post, or put it into the address');
  const address = addressOf(compile, fields.get(method) as Source);
  const step: StepOf<'http'> = {
    ...common,
    verb: 'http',
    method: method.toUpperCase() as HttpRequest['method'],
    url: address ?? [],
    headers: headersOf(compile, fields.get('headers')),
    body: body === undefined ? null : (bodyOf(compile, body, 0) ?? null),
    timeoutMs: timeoutOf(compile, fields.get('timeout') ?? defaults.http.get('timeout')),
    retries: retriesOf(compile, fields.get('retry') ?? defaults.http.get('retry')),
    save: savesTo(compile, fields) ?? null,
    onStatus: statusesOf(compile, fields.get('on_status')),
    onError: outcome(compile, fields, 'on_error'),
  };
  give(step);
};

/** A part of a request: `{{ secret.name }}` stays as it is written, for outbound to fill in. */
const requestTemplate = (compile: Compile, source: Source, what: string): Template | undefined => {
  const template = textTemplate(compile, source, what, { http: true });
  if (template === undefined) return undefined;
  const parts: Template[number][] = [];
  for (const part of template) {
    const literal = typeof part === 'string' ? part : secretOf(part);
    const last = parts.at(-1);
    if (literal === undefined) parts.push(part);
    else if (typeof last === 'string') parts[parts.length - 1] = last + literal;
    else parts.push(literal);
  }
  return parts;
};

const secretOf = (part: Exclude<Template[number], string>): string | undefined =>
  part.kind === 'path' && part.path[0] === 'secret' && part.path.length === 2 ? `{{ ${part.name} }}` : undefined;

/** Whom a request goes to stands in the script, as written: no variable can turn it elsewhere. */
const addressOf = (compile: Compile, source: Source): Template | undefined => {
  const template = requestTemplate(compile, source, 'the address');
  if (template === undefined) return undefined;
  const [first] = template;
  const host = typeof first === 'string' ? /^https?:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?(.?)/i.exec(first) : null;
  const whole = host !== null && (host[1] === '' ? template.length === 1 && host[0] === first : '/?#'.includes(host[1] as string));
  if (!whole) {
    compile.context.reader.error(
      source,
      'bad-url',
      'an address begins with its scheme and host, both written out',
      'https://crm.example/orders/{{ order_no }}',
    );
  }
  return template;
};

/** What the client sets itself. */
const ownHeaders = ['host', 'content-length', 'transfer-encoding', 'connection', 'keep-alive', 'upgrade', 'expect', 'te', 'trailer'];

const headersOf = (compile: Compile, source: Source | undefined): StepOf<'http'>['headers'] => {
  const { reader } = compile.context;
  if (source === undefined) return [];
  return (reader.entries(source, 'headers') ?? []).flatMap(([name, at, keyAt]) => {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/.test(name)) reader.error(keyAt, 'bad-header', `"${name}" is no name of a header`);
    else if (ownHeaders.includes(name.toLowerCase())) reader.error(keyAt, 'bad-header', `the header ${name} can't be set`);
    const value = requestTemplate(compile, at, `the header ${name}`);
    return value === undefined ? [] : [{ name, value }];
  });
};

const maxBodyDepth = 20;

const bodyOf = (compile: Compile, source: Source, depth: number): BodyTemplate | undefined => {
  const { reader } = compile.context;
  if (depth > maxBodyDepth) {
    reader.error(source, 'too-deep', `a body nested deeper than ${maxBodyDepth}`);
    return undefined;
  }
  if (reader.isMap(source)) {
    const entries = (reader.entries(source, 'body') ?? []).flatMap(([key, at]): [string, BodyTemplate][] => {
      const value = bodyOf(compile, at, depth + 1);
      return value === undefined ? [] : [[key, value]];
    });
    return { kind: 'map', entries };
  }
  if (reader.isList(source)) {
    return { kind: 'list', items: (reader.items(source, 'body') ?? []).flatMap((item) => bodyOf(compile, item, depth + 1) ?? []) };
  }
  const value = reader.scalar(source);
  if (source.node === null || value === null) return { kind: 'literal', value: null };
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return { kind: 'literal', value };
  if (value === '') return { kind: 'text', text: [] };
  const text = requestTemplate(compile, source, 'body');
  const [only] = text ?? [];
  if (text?.length === 1 && only !== undefined && typeof only !== 'string') return { kind: 'value', value: only };
  return text === undefined ? undefined : { kind: 'text', text };
};

const timeoutOf = ({ context }: Compile, source: Source | undefined): number => {
  const ms = duration(context, source, 'timeout') ?? 10_000;
  if (source !== undefined && (ms < 100 || ms > 60_000)) context.reader.error(source, 'bad-timeout', 'a timeout is 100ms to 60s');
  return ms;
};

const retriesOf = ({ context: { reader } }: Compile, source: Source | undefined): number => {
  const count = source === undefined ? 0 : (reader.number(source, 'retry') ?? 0);
  if (source !== undefined && (!Number.isInteger(count) || count < 0 || count > 5))
    reader.error(source, 'bad-retry', 'retry is a whole number from 0 to 5');
  return count;
};

const statusesOf = ({ context: { reader }, steps }: Compile, source: Source | undefined): ReadonlyMap<string, string | null> => {
  const found = new Map<string, string | null>();
  if (source === undefined) return found;
  for (const [name, at, keyAt] of reader.entries(source, 'on_status') ?? []) {
    if (!/^(?:[245]\d\d|[45]xx|default)$/.test(name)) {
      reader.error(
        keyAt,
        'bad-status',
        `"${name}" is no status to go by`,
        name.startsWith('3') ? 'redirects are not followed: they are an on_error' : 'like 404, 4xx, 5xx or default',
      );
      continue;
    }
    found.set(name, steps(at, `on_status.${name}`, null));
  }
  return found;
};
