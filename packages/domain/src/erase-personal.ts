import { type DomainEvent, domainEventSchemas } from '@dialog/contracts/domain-event';
import { type VisitorEvent, visitorEventSchemas } from '@dialog/contracts/visitor';
import type { z } from 'zod';

/** The event as it reads once its personal data is forgotten: each field that the schema marks `personal` is an empty value of its type. */
export const erasePersonal = (event: DomainEvent): DomainEvent => changeBy(domainEventSchemas, event, forget);
export const eraseVisitorPersonal = (event: VisitorEvent): VisitorEvent => changeBy(visitorEventSchemas, event, forget);

export type PersonalChange = {
  /** A field marked `personal`, by its name: the same type must come back. */
  readonly personal: (value: unknown, name: string) => unknown;
  /** What the schemas of this version do not know, and so may be personal. */
  readonly unknown: (value: unknown) => unknown;
};

/** The event with each field changed that the schema marks `personal`; all else as it was. The fold of both is the same, by state hash. */
export const changePersonal = <T extends { readonly type: string; readonly data: unknown }>(event: T, change: PersonalChange): T =>
  changeBy(domainEventSchemas, event, change);

const changeBy = <T extends { readonly type: string; readonly data: unknown }>(
  schemas: Record<string, z.ZodType>,
  event: T,
  change: PersonalChange,
): T => {
  const schema = Object.hasOwn(schemas, event.type) ? schemas[event.type] : undefined;
  return { ...event, data: schema === undefined ? change.unknown(event.data) : changed(change, schema, event.data, 'data') };
};

type Definition = {
  readonly type: string;
  readonly shape?: Record<string, z.ZodType>;
  readonly element?: z.ZodType;
  readonly innerType?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly discriminator?: string;
};

const definitionOf = (schema: z.ZodType): Definition => schema._zod.def as unknown as Definition;

const changed = (change: PersonalChange, schema: z.ZodType, value: unknown, name: string): unknown => {
  if (value === undefined || value === null) return value;
  if (schema.meta()?.['personal'] === true) return change.personal(value, name);
  const definition = definitionOf(schema);
  if (definition.innerType !== undefined) return changed(change, definition.innerType, value, name);
  if (definition.element !== undefined && Array.isArray(value)) {
    const { element } = definition;
    return value.map((item) => changed(change, element, item, name));
  }
  if (definition.shape !== undefined && typeof value === 'object') {
    const { shape } = definition;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        const field = shape[key];
        return [key, field === undefined ? change.unknown(inner) : changed(change, field, inner, key)];
      }),
    );
  }
  if (definition.options !== undefined) {
    const option = definition.options.find((candidate) => candidate.safeParse(value).success);
    return option === undefined ? change.unknown(value) : changed(change, option, value, name);
  }
  return value;
};

const empty = (value: unknown): unknown =>
  typeof value === 'string' ? '' : Array.isArray(value) ? [] : typeof value === 'object' ? {} : null;

const forget: PersonalChange = { personal: empty, unknown: (value) => value };
