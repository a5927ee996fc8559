import { type DomainEvent, domainEventSchemas } from '@dialog/contracts/domain-event';
import { type VisitorEvent, visitorEventSchemas } from '@dialog/contracts/visitor';
import type { z } from 'zod';

/** The event as it reads once its personal data is forgotten: each field that the schema marks `personal` is an empty value of its type. */
export const erasePersonal = (event: DomainEvent): DomainEvent => eraseBy(domainEventSchemas, event);
export const eraseVisitorPersonal = (event: VisitorEvent): VisitorEvent => eraseBy(visitorEventSchemas, event);

const eraseBy = <T extends { readonly type: string; readonly data: unknown }>(schemas: Record<string, z.ZodType>, event: T): T => {
  const schema = schemas[event.type];
  return schema === undefined ? event : { ...event, data: erase(schema, event.data) };
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

const erase = (schema: z.ZodType, value: unknown): unknown => {
  if (value === undefined || value === null) return value;
  if (schema.meta()?.['personal'] === true) return empty(value);
  const definition = definitionOf(schema);
  if (definition.innerType !== undefined) return erase(definition.innerType, value);
  if (definition.element !== undefined && Array.isArray(value)) {
    const { element } = definition;
    return value.map((item) => erase(element, item));
  }
  if (definition.shape !== undefined && typeof value === 'object') {
    const { shape } = definition;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        const field = shape[key];
        return [key, field === undefined ? inner : erase(field, inner)];
      }),
    );
  }
  if (definition.options !== undefined) {
    const option = definition.options.find((candidate) => candidate.safeParse(value).success);
    return option === undefined ? value : erase(option, value);
  }
  return value;
};

const empty = (value: unknown): unknown =>
  typeof value === 'string' ? '' : Array.isArray(value) ? [] : typeof value === 'object' ? {} : null;
