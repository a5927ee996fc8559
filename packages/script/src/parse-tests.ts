import { parseDuration } from './duration.ts';
import type { Script } from './model.ts';
import { nearest } from './nearest.ts';
import type { ExpectedFact, GivenInput, ScriptTest } from './script-test.ts';
import type { Reader, Source } from './source.ts';
import { closedBy, factWords, givenWords, httpErrors, owners, refusedKinds, refusedReasons, type TestWords } from './test-words.ts';
import type { Position, Value } from './types.ts';
import { causes } from './vocabulary.ts';

/** `tests:` of the file, their shape checked with places, and the names in them against the script. */
export const readTests = (reader: Reader, source: Source | undefined, script: Script): readonly ScriptTest[] => {
  const names = new Set<string>();
  return (source === undefined ? [] : (reader.items(source, 'tests') ?? [])).flatMap((at): ScriptTest[] => {
    const fields = reader.fields(at, ['name', 'given', 'expect'], 'a test');
    if (fields === undefined) return [];
    const [nameAt, givenAt, expectAt] = [fields.get('name'), fields.get('given'), fields.get('expect')];
    const name = nameAt === undefined ? undefined : reader.text(nameAt, 'name');
    if (nameAt === undefined) reader.error(at, 'bad-test', 'a test has no name', 'name: what it shows');
    if (nameAt !== undefined && name !== undefined && names.has(name))
      reader.error(nameAt, 'bad-test', `there is a test "${name}" already`);
    names.add(name ?? '');
    const list = (items: Source | undefined, what: string): readonly Source[] => {
      const found = items === undefined ? [] : (reader.items(items, what) ?? []);
      if (found.length === 0) reader.error(items ?? at, 'bad-test', `a test needs ${what}`, `${what}: [ … ]`);
      return found;
    };
    const check: Check = { reader, script };
    const given = list(givenAt, 'given').flatMap((item) => one(check, item, givenWords, 'an input', readGiven));
    const expect = list(expectAt, 'expect').flatMap((item) => one(check, item, factWords, 'a fact', readFact));
    return [{ name: name ?? '', given, expect, position: at.position }];
  });
};

type Check = { readonly reader: Reader; readonly script: Script };
type Entry = Check & { readonly value: Source; readonly position: Position; readonly fields: ReadonlyMap<string, Source> };
type Readers<T> = Readonly<Record<string, (entry: Entry) => T | undefined>>;

/** A map of one known key, or the key alone where it needs nothing more. */
const one = <T>(
  check: Check,
  item: Source,
  words: Readonly<Record<string, TestWords>>,
  what: string,
  readers: Readers<T>,
): readonly T[] => {
  const { reader } = check;
  const bare = reader.scalar(item);
  if (typeof bare === 'string' && words[bare]?.bare === true) {
    const found = readers[bare]?.({ ...check, value: item, position: item.position, fields: new Map() });
    return found === undefined ? [] : [found];
  }
  const entries = reader.entries(item, what);
  if (entries === undefined) return [];
  const [first, second] = entries;
  if (first === undefined || second !== undefined) {
    reader.error(second?.[2] ?? item, 'bad-test', `${what} has exactly one key`, 'begin another with "- "');
    return [];
  }
  const [key, value, position] = first;
  const known = Object.hasOwn(words, key) ? words[key] : undefined;
  if (known === undefined) {
    const near = nearest(key, Object.keys(words));
    const hint = near === undefined ? `one of: ${Object.keys(words).join(', ')}` : `did you mean "${near}"?`;
    reader.error(position, 'bad-test', `"${key}" is no ${what.split(' ').at(-1)} of a test`, hint);
    return [];
  }
  const keys = Object.keys(known.keys ?? {});
  const free = known.keys !== undefined && keys.length === 0;
  const none = value.node === null || reader.scalar(value) === null;
  let fields: ReadonlyMap<string, Source> = new Map();
  if (reader.isMap(value) && !free) {
    const read = reader.fields(value, keys, key);
    if (read === undefined || read.size < (reader.entries(value, key)?.length ?? 0)) return [];
    fields = read;
  } else if (known.one === undefined && !free && !(none && known.bare === true)) {
    reader.error(value, 'bad-test', `${key} takes ${keys.length === 0 ? '{}' : `a map of ${keys.join(', ')}`}`);
    return [];
  }
  const found = readers[key]?.({ ...check, value, position, fields });
  return found === undefined ? [] : [found];
};

const textAt = ({ reader, value }: Entry, what: string): string | undefined => reader.text(value, what);
const optional = <K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [key in K]?: V };

const fieldText = ({ reader, fields }: Entry, key: string): string | undefined => {
  const at = fields.get(key);
  return at === undefined ? undefined : reader.text(at, key);
};

const word = <T extends string>({ reader }: Entry, at: Source | undefined, what: string, known: readonly T[]): T | undefined => {
  const text = at === undefined ? undefined : reader.text(at, what);
  const found = known.find((candidate) => candidate === text);
  if (at !== undefined && text !== undefined && found === undefined)
    reader.error(at, 'bad-test', `${what}: "${text}" is unknown`, `one of: ${known.join(', ')}`);
  return found;
};

const timeAt = (entry: Entry): number | undefined => {
  const at = entry.fields.get('at');
  const text = at === undefined ? undefined : entry.reader.text(at, 'at');
  if (at === undefined || text === undefined) return undefined;
  const ms = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) entry.reader.error(at, 'bad-test', `"${text}" is no time with its offset`, 'like 2026-03-02T10:00:00+03:00');
  return Number.isNaN(ms) ? undefined : ms;
};

const count = ({ reader }: Entry, at: Source | undefined, what: string, from: number, to: number): number | undefined => {
  const value = at === undefined ? undefined : reader.number(at, what);
  if (at === undefined || value === undefined) return undefined;
  if (Number.isInteger(value) && value >= from && value <= to) return value;
  reader.error(at, 'bad-test', `${what} is a whole number from ${from} to ${to}`);
  return undefined;
};

const mapAt = ({ reader }: Check, at: Source | undefined, what: string): Record<string, Value> | undefined => {
  if (at === undefined) return undefined;
  const entries = reader.entries(at, what);
  return entries === undefined ? undefined : Object.fromEntries(entries.map(([key, value]) => [key, reader.value(value)]));
};

/** Names in a test that the script does not have: a test on them says nothing. */
const known = ({ reader }: Check, at: Source | Position, what: string, name: string, names: Iterable<string>): void => {
  const all = [...names];
  if (all.includes(name)) return;
  const near = nearest(name, all);
  reader.error(at, 'bad-test', `there is no ${what} "${name}"`, near === undefined ? undefined : `did you mean "${near}"?`);
};

const knownVariables = (entry: Entry, at: Source | undefined): void => {
  for (const [name, , keyAt] of at === undefined ? [] : (entry.reader.entries(at, 'variables') ?? []))
    known(entry, keyAt, 'variable', name, entry.script.variables.keys());
};

const readGiven: Readers<GivenInput> = {
  chat_start: (entry) => {
    const { position, fields } = entry;
    knownVariables(entry, fields.get('variables'));
    return {
      kind: 'chat_start',
      position,
      ...optional('at', timeAt(entry)),
      ...optional('visitor', mapAt(entry, fields.get('visitor'), 'visitor')),
      ...optional('variables', mapAt(entry, fields.get('variables'), 'variables')),
    };
  },
  text: (entry) => {
    const text = textAt(entry, 'text');
    return text === undefined ? undefined : { kind: 'text', position: entry.position, text };
  },
  button: (entry) => {
    const id = textAt(entry, 'button');
    return id === undefined ? undefined : { kind: 'button', position: entry.position, id };
  },
  file: (entry) => ({
    kind: 'file',
    position: entry.position,
    ...optional('mediaType', fieldText(entry, 'media_type')),
    ...optional('name', fieldText(entry, 'name')),
  }),
  http_result: (entry) => {
    const { reader, fields, position, value } = entry;
    const [statusAt, body, errorAt] = [fields.get('status'), fields.get('body'), fields.get('error')];
    if ((statusAt === undefined) === (errorAt === undefined)) {
      reader.error(value, 'bad-test', 'http_result has a status or an error', 'http_result: { status: 200, body: { … } }');
      return undefined;
    }
    const status = count(entry, statusAt, 'status', 200, 599);
    const error = word(entry, errorAt, 'error', httpErrors);
    if (status !== undefined) return { kind: 'http_result', position, status, body: body === undefined ? null : reader.value(body) };
    return error === undefined ? undefined : { kind: 'http_result', position, error };
  },
  operator_assigned: (entry) => ({
    kind: 'operator_assigned',
    position: entry.position,
    ...optional('operator', fieldText(entry, 'operator')),
  }),
  operator_redirect: ({ position }) => ({ kind: 'operator_redirect', position }),
  chat_closed: (entry) => ({
    kind: 'chat_closed',
    position: entry.position,
    ...optional('by', word(entry, entry.fields.get('by'), 'by', closedBy)),
  }),
  later: (entry) => {
    const text = textAt(entry, 'later');
    const ms = text === undefined ? undefined : parseDuration(text);
    if (text !== undefined && ms === undefined)
      entry.reader.error(entry.value, 'bad-duration', `later: "${text}" is no duration`, 'like 30s, 5m, 2h');
    return ms === undefined ? undefined : { kind: 'later', position: entry.position, ms };
  },
  new_chat: (entry) => ({ kind: 'new_chat', position: entry.position, ...optional('at', timeAt(entry)) }),
  no_operator: ({ position }) => ({ kind: 'no_operator', position }),
  refuse: (entry) => {
    const { reader, value, fields, position } = entry;
    const what = word(entry, reader.isMap(value) ? fields.get('next') : value, 'refuse', refusedKinds);
    if (reader.isMap(value) && !fields.has('next')) reader.error(value, 'bad-test', 'refuse what?', `next: ${refusedKinds.join(' | ')}`);
    const reason = word(entry, fields.get('reason'), 'reason', refusedReasons) ?? 'other';
    return what === undefined ? undefined : { kind: 'refuse', position, what, reason };
  },
};

/** Facts of one text. */
const textFact =
  <K extends 'not_said' | 'held' | 'dropped' | 'noted'>(kind: K) =>
  (entry: Entry): ExpectedFact | undefined => {
    const text = textAt(entry, kind);
    return text === undefined ? undefined : { kind, position: entry.position, text };
  };

const markFact =
  (kind: 'marked' | 'not_marked') =>
  (entry: Entry): ExpectedFact | undefined => {
    const name = textAt(entry, kind);
    if (name === undefined) return undefined;
    known(entry, entry.value, 'mark', name, marksOf(entry.script));
    return { kind, position: entry.position, name };
  };

const marksOf = (script: Script): readonly string[] =>
  [...script.steps.values()].flatMap((step) => (step.verb === 'mark' ? step.name : []));

const flagAt = ({ reader, value }: Entry, what: string): boolean | undefined => {
  const flag = reader.scalar(value);
  if (typeof flag === 'boolean') return flag;
  reader.error(value, 'bad-test', `${what} is true or false`);
  return undefined;
};

/** A number, `true` for one and `false` for none, or the map with `times`. */
const timesAt = (entry: Entry, what: string): number | undefined => {
  const { reader, value, fields } = entry;
  if (reader.isMap(value)) return fields.has('times') ? count(entry, fields.get('times'), 'times', 0, 1000) : 1;
  const flag = reader.scalar(value);
  return typeof flag === 'boolean' ? Number(flag) : count(entry, value, what, 0, 1000);
};

const readFact: Readers<ExpectedFact> = {
  said: (entry) => {
    const { reader, value, fields, position } = entry;
    if (!reader.isMap(value)) {
      const text = textAt(entry, 'said');
      return text === undefined ? undefined : { kind: 'said', position, text };
    }
    const at = fields.get('contains');
    if (at === undefined) reader.error(value, 'bad-test', 'said is a text or { contains: … }');
    const text = at === undefined ? undefined : reader.text(at, 'contains');
    return text === undefined ? undefined : { kind: 'said_containing', position, text };
  },
  not_said: textFact('not_said'),
  held: textFact('held'),
  dropped: textFact('dropped'),
  noted: textFact('noted'),
  offered: (entry) => {
    const items = entry.reader.items(entry.value, 'offered');
    if (items === undefined) return undefined;
    return { kind: 'offered', position: entry.position, buttons: items.flatMap((item) => entry.reader.text(item, 'a button') ?? []) };
  },
  sent_file: (entry) => {
    const file = textAt(entry, 'sent_file');
    return file === undefined ? undefined : { kind: 'sent_file', position: entry.position, file };
  },
  marked: markFact('marked'),
  not_marked: markFact('not_marked'),
  owner: (entry) => {
    const owner = word(entry, entry.value, 'owner', owners);
    return owner === undefined ? undefined : { kind: 'owner', position: entry.position, owner };
  },
  flag: (entry) => {
    const set = flagAt(entry, 'flag');
    return set === undefined ? undefined : { kind: 'flag', position: entry.position, set };
  },
  flag_reset: (entry) => {
    const times = timesAt(entry, 'flag_reset');
    const cause = word(entry, entry.fields.get('cause'), 'cause', causes);
    return times === undefined ? undefined : { kind: 'flag_reset', position: entry.position, times, ...optional('cause', cause) };
  },
  script_ran: (entry) => {
    const { reader, value, position, script } = entry;
    const scripts = new Map<string, number>();
    if (reader.isMap(value)) {
      for (const [name, at, keyAt] of reader.entries(value, 'script_ran') ?? []) {
        known(entry, keyAt, 'script', name, script.scripts.keys());
        scripts.set(name, count(entry, at, name, 0, 1000) ?? 0);
      }
    } else {
      const name = textAt(entry, 'script_ran');
      if (name === undefined) return undefined;
      known(entry, value, 'script', name, script.scripts.keys());
      scripts.set(name, 1);
    }
    return { kind: 'script_ran', position, scripts: Object.fromEntries(scripts) };
  },
  variable: (entry) => {
    knownVariables(entry, entry.value);
    const values = mapAt(entry, entry.value, 'variable');
    return values === undefined ? undefined : { kind: 'variable', position: entry.position, values };
  },
  closed: (entry) => {
    const closed = flagAt(entry, 'closed');
    return closed === undefined ? undefined : { kind: 'closed', position: entry.position, closed };
  },
  handed_over: (entry) => {
    const times = timesAt(entry, 'handed_over');
    const [department, operator] = [fieldText(entry, 'department'), fieldText(entry, 'operator')];
    if (times === undefined) return undefined;
    return {
      kind: 'handed_over',
      position: entry.position,
      times,
      ...optional('department', department),
      ...optional('operator', operator),
    };
  },
  requested: (entry) => {
    const text = textAt(entry, 'requested');
    const match = text === undefined ? null : /^(GET|POST|PUT|PATCH|DELETE) (\S+)$/.exec(text);
    if (text !== undefined && match === null)
      entry.reader.error(
        entry.value,
        'bad-test',
        'requested is a method and an address',
        'requested: GET https://crm.example/orders/123456',
      );
    if (match === null) return undefined;
    return { kind: 'requested', position: entry.position, method: match[1] as string, url: match[2] as string };
  },
  waits_at: (entry) => {
    const { reader, value, position, script } = entry;
    if (value.node === null || reader.scalar(value) === null) return { kind: 'waits_at', position, step: null };
    const step = textAt(entry, 'waits_at');
    if (step === undefined) return undefined;
    known(entry, value, 'script or step', step, [...script.scripts.keys(), ...script.ids.keys()]);
    return { kind: 'waits_at', position, step };
  },
};
