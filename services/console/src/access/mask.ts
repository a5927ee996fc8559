import { domainEventSchemas, eventMetadataSchema } from '@dialog/contracts/domain-event';
import { z } from 'zod';

/** What stands in place of a text that the reader may not see. */
const masked = '•••';

type Schema = {
  readonly personal?: boolean;
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly propertyNames?: unknown;
  readonly items?: Schema | boolean;
  readonly prefixItems?: readonly Schema[];
};

export type Mask = (value: unknown) => unknown;

/**
 * Masks what a schema marks `personal`, and all that it does not know: a field that nobody described is not shown to one who may see no
 * text. Shape, names of variables and lengths of lists stay, so that a history folds as before.
 */
export const maskOf = (schema: z.ZodType): Mask => {
  const root = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }) as Schema & { readonly $defs?: Record<string, Schema> };
  const resolved = (one: Schema): Schema => {
    if (one.$ref === undefined) return one;
    const { $ref, ...rest } = one;
    return { ...($ref === '#' ? root : root.$defs?.[$ref.replace('#/$defs/', '')]), ...rest };
  };
  const walk = (given: Schema | boolean | undefined, value: unknown): unknown => {
    if (value === null || value === undefined) return value;
    if (given === undefined || typeof given === 'boolean') return hidden(value);
    const one = resolved(given);
    if (one.personal === true) return hidden(value);
    const options = one.anyOf ?? one.oneOf;
    if (options !== undefined) {
      const fitting = options.filter((option) => fits(resolved(option), value));
      return fitting.length === 0 ? hidden(value) : fitting.reduce<unknown>((so, option) => walk(option, so), value);
    }
    if (one.const !== undefined || one.enum !== undefined) return value;
    if (Array.isArray(value)) {
      if (one.type !== 'array') return hidden(value);
      return value.map((item, at) => walk(one.prefixItems?.[at] ?? one.items, item));
    }
    if (typeof value === 'object') {
      if (one.type !== 'object') return hidden(value);
      return Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [
          name,
          walk(
            one.properties !== undefined && Object.hasOwn(one.properties, name) ? one.properties[name] : one.additionalProperties,
            inner,
          ),
        ]),
      );
    }
    return one.type === undefined ? hidden(value) : value;
  };
  const fits = (one: Schema, value: unknown): boolean => {
    if (one.const !== undefined) return one.const === value;
    if (one.enum !== undefined) return one.enum.includes(value);
    if (one.anyOf !== undefined || one.oneOf !== undefined)
      return (one.anyOf ?? one.oneOf ?? []).some((option) => fits(resolved(option), value));
    if (one.type === 'object' && typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const entries = new Map<string, unknown>(Object.entries(value));
      return (
        (one.required ?? []).every((name) => entries.has(name)) &&
        Object.entries(one.properties ?? {}).every(([name, property]) => {
          const { const: constant, enum: several } = resolved(property);
          return (
            !entries.has(name) ||
            ((constant === undefined || constant === entries.get(name)) && (several === undefined || several.includes(entries.get(name))))
          );
        })
      );
    }
    return one.type === undefined || one.type === typeOf(value) || (one.type === 'integer' && Number.isInteger(value));
  };
  return (value) => walk(root, value);
};

const typeOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

/** Of the same type, so that what reads it still can; names are kept one deep, where they are those of variables. */
const hidden = (value: unknown, deep = 0): unknown => {
  if (typeof value === 'string') return value === '' ? '' : masked;
  if (typeof value === 'number') return 0;
  if (typeof value === 'boolean') return false;
  if (Array.isArray(value)) return deep > 0 ? [] : value.map((item) => hidden(item, deep + 1));
  if (typeof value === 'object' && value !== null)
    return deep > 0
      ? {}
      : Object.fromEntries(Object.entries(value).map(([name, inner]: [string, unknown]) => [name, hidden(inner, deep + 1)]));
  return value;
};

const eventMasks = new Map(Object.entries(domainEventSchemas).map(([type, schema]) => [type, maskOf(schema)]));
const metadataMask = maskOf(eventMetadataSchema);

type MaskedEvent = {
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
};

/**
 * An event of a dialog; one of a kind that this version does not know shows nothing of its data. Its id is a digest of the whole data without a key:
 * who has all but a phone number could try numbers until the id comes out. In its place stands what names the event in its dialog.
 */
export const maskEvent = <T extends MaskedEvent>(event: T): T => ({
  ...event,
  id: String(event.revision),
  data: (eventMasks.get(event.type) ?? hidden)(event.data),
  metadata: metadataMask(event.metadata),
});
