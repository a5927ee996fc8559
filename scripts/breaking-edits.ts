/** A JSON Schema as `schemas/` has it. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/**
 * What was written by a released version is read for ever, and while a new version is rolled out its records are read by the old one. So a released
 * schema may only grow: optional fields, values of an enumeration, options of a union.
 *
 * @returns each edit that breaks this, with its place; [] where there is none
 */
export const breakingEdits = (released: JsonSchema, now: JsonSchema): string[] =>
  compare({ schema: released, root: released }, { schema: now, root: now }, '', new Set());

type Placed = { readonly schema: JsonSchema; readonly root: JsonSchema };

/** A keyword that narrows what is taken. Looser or gone is fine; tighter, or of another kind, is not. */
const limits: Readonly<Record<string, (before: unknown, after: unknown) => boolean>> = {
  minimum: (before, after) => Number(after) <= Number(before),
  minLength: (before, after) => Number(after) <= Number(before),
  minItems: (before, after) => Number(after) <= Number(before),
  maximum: (before, after) => Number(after) >= Number(before),
  maxLength: (before, after) => Number(after) >= Number(before),
  maxItems: (before, after) => Number(after) >= Number(before),
  pattern: (before, after) => before === after,
  format: (before, after) => before === after,
};

const compare = (before: Placed, after: Placed, at: string, under: ReadonlySet<string>): string[] => {
  const [was, is] = [resolved(before), resolved(after)];
  // A schema that contains itself was compared where it began.
  const pair = `${String(before.schema['$ref'])} ${String(after.schema['$ref'])}`;
  if (before.schema['$ref'] !== undefined && under.has(pair)) return [];
  const within = new Set(under).add(pair);
  const place = at === '' ? 'the whole' : at;
  const inside = (schema: unknown, of: Placed): Placed => ({ schema: schema as JsonSchema, root: of.root });

  const options = optionsOf(was.schema);
  if (options !== undefined || optionsOf(is.schema) !== undefined) {
    const candidates = (optionsOf(is.schema) ?? [is.schema]).map((one) => inside(one, is));
    return (options ?? [was.schema]).flatMap((option) => {
      const old = inside(option, was);
      const name = nameOf(option);
      const named = candidates.find((one) => name !== undefined && nameOf(one.schema) === name);
      if (named !== undefined) return compare(old, named, join(at, name ?? ''), within);
      const found = candidates.map((one) => compare(old, one, at, within));
      return found.some((edits) => edits.length === 0) ? [] : [`${place}: nothing takes what was ${describe(option)}`];
    });
  }

  const edits: string[] = [];
  const say = (what: string): void => void edits.push(`${place}: ${what}`);
  const [types, typesNow] = [typesOf(was.schema), typesOf(is.schema)];
  if (typesNow !== undefined && (types === undefined || !types.every((type) => typesNow.includes(type)))) {
    return [`${place}: was ${describe(was.schema)}, is ${describe(is.schema)}`];
  }
  if (was.schema['personal'] !== is.schema['personal']) say(was.schema['personal'] === true ? 'is personal no more' : 'became personal');
  const [values, allowed] = [valuesOf(was.schema), valuesOf(is.schema)];
  if (allowed !== undefined) {
    if (values === undefined) say('takes only some values now');
    else for (const gone of values.filter((one) => !allowed.includes(one))) say(`the value ${gone} is gone`);
  }
  for (const [keyword, isLooser] of Object.entries(limits)) {
    const limit = is.schema[keyword];
    if (limit !== undefined && (was.schema[keyword] === undefined || !isLooser(was.schema[keyword], limit))) {
      say(`${keyword} ${String(limit)} is tighter than ${String(was.schema[keyword] ?? 'none')}`);
    }
  }
  const [fields, fieldsNow] = [propertiesOf(was.schema), propertiesOf(is.schema)];
  const [required, requiredNow] = [requiredOf(was.schema), requiredOf(is.schema)];
  for (const [name, schema] of Object.entries(fields)) {
    const field = fieldsNow[name];
    if (field === undefined) {
      edits.push(`${join(at, name)}: is gone`);
      continue;
    }
    if (required.has(name) && !requiredNow.has(name)) edits.push(`${join(at, name)}: was required, and is relied on`);
    edits.push(...compare(inside(schema, was), inside(field, is), join(at, name), within));
  }
  for (const name of requiredNow) if (!required.has(name)) edits.push(`${join(at, name)}: is required, and what was released has none`);
  if (isClosed(is.schema) && !isClosed(was.schema)) say('takes no other fields now');
  for (const keyword of ['items', 'propertyNames', 'additionalProperties']) {
    const [part, partNow] = [was.schema[keyword], is.schema[keyword]];
    if (isSchema(part) && isSchema(partNow)) edits.push(...compare(inside(part, was), inside(partNow, is), join(at, keyword), within));
    else if (isSchema(partNow)) say(`${keyword} are limited now`);
  }
  return edits;
};

const isSchema = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null && Object.keys(value).length > 0;
const isClosed = (schema: JsonSchema): boolean => schema['additionalProperties'] === false;
const join = (at: string, name: string): string => (at === '' ? name : `${at}.${name}`);
const optionsOf = (schema: JsonSchema): readonly JsonSchema[] | undefined =>
  (schema['oneOf'] ?? schema['anyOf']) as readonly JsonSchema[] | undefined;
const typesOf = ({ type }: JsonSchema): readonly unknown[] | undefined => (type === undefined || Array.isArray(type) ? type : [type]);
const propertiesOf = (schema: JsonSchema): Readonly<Record<string, JsonSchema>> =>
  (schema['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>;
const requiredOf = (schema: JsonSchema): ReadonlySet<string> => new Set((schema['required'] ?? []) as readonly string[]);
const valuesOf = (schema: JsonSchema): readonly string[] | undefined =>
  'const' in schema
    ? [JSON.stringify(schema['const'])]
    : (schema['enum'] as readonly unknown[] | undefined)?.map((one) => JSON.stringify(one));

/** What tells the options of a union apart: the value of its `type` or `kind`. */
const nameOf = (schema: JsonSchema): string | undefined => {
  const { type, kind } = propertiesOf(schema);
  const name = (type ?? kind)?.['const'];
  return typeof name === 'string' ? name : undefined;
};

const describe = (schema: JsonSchema): string => String(nameOf(schema) ?? valuesOf(schema)?.join(', ') ?? schema['type'] ?? 'anything');

const resolved = ({ schema, root }: Placed): Placed => {
  const reference = schema['$ref'];
  if (typeof reference !== 'string') return { schema, root };
  let target: unknown = root;
  for (const step of reference.replace(/^#\/?/, '').split('/').filter(Boolean)) target = (target as JsonSchema)[step];
  return { schema: target as JsonSchema, root };
};
