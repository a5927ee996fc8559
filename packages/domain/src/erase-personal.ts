import { type DomainEvent, domainEventSchemas } from '@dialog/contracts/domain-event';
import type { z } from 'zod';

/** The event as it reads once its personal data is forgotten: each field that the schema marks `personal` is an empty value of its type. */
export const erasePersonal = (event: DomainEvent): DomainEvent => {
  const schema = (domainEventSchemas as Record<string, z.ZodType | undefined>)[event.type];
  return schema === undefined ? event : ({ ...event, data: erase(schema, event.data) } as DomainEvent);
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
