import { isMap, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';

/** What is wrong with a file, and where: both from 1 on. */
export type FileProblem = { readonly line: number; readonly column: number; readonly message: string };
export type Place = (path: readonly PropertyKey[]) => { readonly line: number; readonly column: number };

const isThere = (document: unknown, path: readonly PropertyKey[]): boolean => {
  let value: unknown = document;
  for (const part of path) value = typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined;
  return value !== undefined;
};

/**
 * Reads YAML as its schema has it; every problem with its line and column. Never throws for what stands in it.
 * `place`: where a path of the document stands; the deepest part of it that is there. `given`: what stands there, also where the schema refuses it;
 * undefined where it is no YAML.
 */
export const readYaml = <S extends z.ZodType>(
  text: string,
  schema: S,
  labelOf: (path: readonly PropertyKey[]) => string,
):
  | { readonly ok: true; readonly value: z.infer<S>; readonly given: unknown; readonly place: Place }
  | { readonly ok: false; readonly problems: readonly FileProblem[]; readonly given: unknown; readonly place: Place } => {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: true, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = counter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const place: Place = (path) => {
    let node = document.contents as Node | null;
    for (const part of path) {
      const next = isMap(node) || isSeq(node) ? (node.get(part, true) as Node | undefined) : undefined;
      if (next === undefined) break;
      node = next;
    }
    return at(node?.range?.[0] ?? 0);
  };
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({ ...at(error.pos[0]), message: error.message.split('\n')[0] ?? '' }));
    return { ok: false, problems, given: undefined, place };
  }
  let given: unknown;
  try {
    given = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return { ok: false, problems: [{ ...at(0), message: 'aliases (*name) make it far larger than it is' }], given: undefined, place };
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return { ok: true, value: parsed.data, given, place };
  const problems = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((name) => ({
          ...place([...issue.path, name]),
          message: `${labelOf([...issue.path, name])}: there is no such setting`,
        }))
      : [{ ...place(issue.path), message: `${labelOf(issue.path)}: ${isThere(given, issue.path) ? issue.message : 'is missing'}` }],
  );
  return { ok: false, problems, given, place };
};
