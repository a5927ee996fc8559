import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { nearest } from './nearest.ts';
import type { Finding, Position, Value } from './types.ts';

/** A node of the source with its place; findings are gathered, never thrown. */
export type Source = {
  readonly node: Node | null;
  readonly position: Position;
};

export type Reader = {
  readonly root: Source;
  readonly findings: Finding[];
  readonly error: (at: Source | Position, rule: string, message: string, hint?: string) => void;
  readonly warn: (at: Source | Position, rule: string, message: string, hint?: string) => void;
  /** The entries of a map, checked against the allowed keys; a finding where it is none. */
  readonly fields: (source: Source, allowed: readonly string[], what: string) => ReadonlyMap<string, Source> | undefined;
  /** All entries of a map with names of the author's choosing. */
  readonly entries: (source: Source, what: string) => readonly (readonly [string, Source, Position])[] | undefined;
  readonly items: (source: Source, what: string) => readonly Source[] | undefined;
  /** A text, or a number or a boolean as it stands in the source. */
  readonly text: (source: Source, what: string) => string | undefined;
  readonly number: (source: Source, what: string) => number | undefined;
  readonly scalar: (source: Source) => unknown;
  /** Whatever stands there, as JSON. */
  readonly value: (source: Source) => Value;
  /** The place of a character of a scalar's text, as far as the source tells: escapes and folded lines hide it. */
  readonly placeIn: (source: Source, at: number) => Position;
  readonly isMap: (source: Source) => boolean;
  readonly isList: (source: Source) => boolean;
};

const maxSourceBytes = 1024 * 1024;

const maxAliases = 10_000;

/** @returns undefined where the parser runs out of stack: nothing but its recursion can throw here */
const parsed = (text: string, lineCounter: LineCounter): Document | undefined => {
  try {
    // Repeated keys are found where a map is read: the parser compares every key with all before it.
    return parseDocument(text, { version: '1.2', uniqueKeys: false, lineCounter, prettyErrors: false });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
};

export const readSource = (text: string): Reader => {
  const counter = new LineCounter();
  const findings: Finding[] = [];
  const tooBig = text.length > maxSourceBytes;
  const document = parsed(tooBig ? '' : text, counter);

  const place = (offset: number): Position => {
    const { line, col } = counter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const positionOf = (node: Node | null, fallback: Position): Position =>
    node?.range === undefined || node.range === null ? fallback : place(node.range[0]);

  const add = (severity: Finding['severity']) => (at: Source | Position, rule: string, message: string, hint?: string) => {
    findings.push({
      severity,
      rule,
      message,
      position: 'position' in at ? at.position : at,
      ...(hint === undefined ? {} : { hint }),
    });
  };
  const error = add('error');

  if (tooBig) error({ line: 1, column: 1 }, 'too-big', `the script is larger than ${maxSourceBytes} bytes`);
  if (document === undefined) error({ line: 1, column: 1 }, 'yaml', 'the file is nested too deeply to be read');
  for (const problem of document?.errors ?? []) error(place(problem.pos[0]), 'yaml', problem.message.split('\n')[0] ?? problem.message);

  let aliases = 0;
  const resolve = (node: unknown): Node | null => {
    if (!isAlias(node)) return (node as Node | null) ?? null;
    aliases += 1;
    // Aliases of aliases of aliases grow without bound.
    if (aliases === maxAliases) error({ line: 1, column: 1 }, 'too-many-aliases', `over ${maxAliases} uses of aliases (*name)`);
    if (aliases >= maxAliases || document === undefined) return null;
    return (node.resolve(document) as Node | undefined) ?? null;
  };
  const source = (node: unknown, fallback: Position): Source => {
    const resolved = resolve(node);
    return { node: resolved, position: positionOf(node as Node | null, fallback) };
  };

  const entries: Reader['entries'] = (at, what) => {
    if (!isMap(at.node)) {
      error(at, 'wrong-type', `${what} must be a map of names and values`);
      return undefined;
    }
    const found: [string, Source, Position][] = [];
    const seen = new Set<string>();
    for (const pair of at.node.items) {
      const keyAt = positionOf(pair.key as Node, at.position);
      const key = isScalar(pair.key) ? String(pair.key.value) : undefined;
      if (key === undefined || key === '__proto__') {
        error(keyAt, 'bad-key', 'a key must be a plain name');
        continue;
      }
      if (seen.has(key)) {
        error(keyAt, 'duplicate-key', `"${key}" stands twice in this map`, 'leave one of them out');
        continue;
      }
      seen.add(key);
      found.push([key, source(pair.value, keyAt), keyAt]);
    }
    return found;
  };

  const items: Reader['items'] = (at, what) => {
    if (!isSeq(at.node)) {
      error(at, 'wrong-type', `${what} must be a list`);
      return undefined;
    }
    return at.node.items.map((item) => source(item, at.position));
  };

  const value = (at: Source, depth = 0): Value => {
    if (depth > 50) {
      error(at, 'too-deep', 'a value nested deeper than 50');
      return null;
    }
    if (isMap(at.node)) return Object.fromEntries((entries(at, 'a value') ?? []).map(([key, inner]) => [key, value(inner, depth + 1)]));
    if (isSeq(at.node)) return (items(at, 'a value') ?? []).map((item) => value(item, depth + 1));
    const scalar = isScalar(at.node) ? at.node.value : null;
    if (typeof scalar === 'number' && !Number.isFinite(scalar)) error(at, 'wrong-type', 'JSON has no such number');
    return typeof scalar === 'string' || typeof scalar === 'boolean' || (typeof scalar === 'number' && Number.isFinite(scalar))
      ? scalar
      : null;
  };

  return {
    root: source(document?.contents ?? null, { line: 1, column: 1 }),
    findings,
    error,
    warn: add('warning'),
    entries,
    fields: (at, allowed, what) => {
      const all = entries(at, what);
      if (all === undefined) return undefined;
      const fields = new Map<string, Source>();
      for (const [key, value, keyAt] of all) {
        if (allowed.includes(key)) fields.set(key, value);
        else {
          const near = nearest(key, allowed);
          error(
            keyAt,
            'unknown-key',
            `${what} has no "${key}"`,
            near === undefined ? `it takes: ${allowed.join(', ')}` : `did you mean "${near}"?`,
          );
        }
      }
      return fields;
    },
    items,
    value: (at) => value(at),
    text: (at, what) => {
      const value = isScalar(at.node) ? at.node.value : undefined;
      if (typeof value === 'string') return value;
      if (typeof value === 'number' || typeof value === 'boolean')
        return isScalar(at.node) ? (at.node.source ?? String(value)) : String(value);
      error(at, 'wrong-type', `${what} must be a text`);
      return undefined;
    },
    number: (at, what) => {
      const value = isScalar(at.node) ? at.node.value : undefined;
      if (typeof value === 'number' && Number.isFinite(value)) return value;
      error(at, 'wrong-type', `${what} must be a number`);
      return undefined;
    },
    scalar: (at) => (isScalar(at.node) ? at.node.value : undefined),
    placeIn: (at, offset) => {
      const { node } = at;
      if (!isScalar(node) || node.range == null || typeof node.value !== 'string') return at.position;
      const start = node.range[0] + (text[node.range[0]] === node.value[0] && node.type === 'PLAIN' ? 0 : 1);
      const literal = node.type !== 'BLOCK_FOLDED' && node.type !== 'BLOCK_LITERAL';
      // Where the text stands as it is, a place in it is one in the source.
      return literal && text.startsWith(node.value.slice(0, offset + 1), start) ? place(start + offset) : at.position;
    },
    isMap: (at) => isMap(at.node),
    isList: (at) => isSeq(at.node),
  };
};
