import { z } from 'zod';
import { type AccountInput, accountsSchema } from './sections/accounts.ts';
import { type GeneralInput, generalShape } from './sections/general.ts';
import { type OperatorInput, operatorsSchema } from './sections/operators.ts';
import { type RoomInput, roomsSchema } from './sections/rooms.ts';
import { type SourceInput, sourcesSchema } from './sections/sources.ts';

/** The configuration file once every value is of its type; names are not checked against each other yet. */
export interface FileInput extends GeneralInput {
  readonly accounts: Readonly<Record<string, AccountInput>>;
  readonly rooms: Readonly<Record<string, RoomInput>>;
  readonly sources: Readonly<Record<string, SourceInput>>;
  readonly operators: Readonly<Record<string, OperatorInput>>;
}

/** The whole file, section by section. */
export const fileSchema: z.ZodType<FileInput> = z.strictObject({
  ...generalShape,
  accounts: accountsSchema
    .default({})
    .describe('The Matrix users that speak, by name; the first is the default.'),
  rooms: roomsSchema
    .default({})
    .describe(
      'The Matrix rooms, by the names that sources and callers use: a room id or alias alone, or a map.',
    ),
  sources: sourcesSchema.default({}).describe('The callers of the gateway, by name.'),
  operators: operatorsSchema
    .default({})
    .describe('Who may list, wake, redrive and cancel messages of every source, by name.'),
});

/** A JSON Schema, as far as it is read here. */
export interface JsonSchema {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

let jsonSchema: JsonSchema | undefined;

/** JSON Schema (draft 7) of the configuration file, for editors. Made once: every unknown key looks into it. */
export function configSchema(): JsonSchema {
  jsonSchema ??= {
    ...(z.toJSONSchema(fileSchema, { target: 'draft-7', io: 'input' }) as JsonSchema),
    description: 'Configuration of Bellhop',
  };
  return jsonSchema;
}

/** What the schema knows at a place of the file; several forms of one value are looked through. */
export function schemaAt(schema: JsonSchema, path: readonly (string | number)[]): JsonSchema[] {
  let found: JsonSchema[] = [schema];
  for (const part of path) {
    found = found.flatMap(formsOf).flatMap((form) => {
      if (typeof part === 'number') return form.items ?? [];
      const property = form.properties?.[part];
      if (property !== undefined) return property;
      return typeof form.additionalProperties === 'object' ? form.additionalProperties : [];
    });
  }
  return found.flatMap(formsOf);
}

/** A schema's forms: itself, or each of its `anyOf`. */
export function formsOf(schema: JsonSchema): readonly JsonSchema[] {
  return schema.anyOf ?? [schema];
}
