import { nearest } from './nearest.ts';
import type { Finding, Position, Value } from './types.ts';
import { type YamlNode, yamlTree } from './yaml-tree.ts';

/** A node of the source with its place; findings are gathered, never thrown. */
export type Source = {
  readonly node: YamlNode | null;
  readonly position: Position;
};

export type Reader = {
  /** Undefined: it is no YAML, and the finding that says so is there. */
  readonly root: Source | undefined;
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

export const readSource = (text: string): Reader => {
  const findings: Finding[] = [];
  const tooBig = text.length > maxSourceBytes;
  const tree = yamlTree(tooBig ? '' : text);

  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  const place = (offset: number): Position => {
    let [low, high] = [0, lineStarts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((lineStarts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (lineStarts[low] as number) + 1 };
  };
  const positionOf = (node: YamlNode, fallback: Position): Position => (node.start < 0 ? fallback : place(node.start));

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
  for (const { at, message, hint, doubtful } of tree.problems)
    add(doubtful === true ? 'warning' : 'error')(place(at), 'yaml', message, hint);

  let aliases = 0;
  const resolve = (node: YamlNode): YamlNode | null => {
    if (node.kind !== 'alias') return node;
    aliases += 1;
    // Aliases of aliases of aliases grow without bound.
    if (aliases === maxAliases) error({ line: 1, column: 1 }, 'too-many-aliases', `over ${maxAliases} uses of aliases (*name)`);
    return aliases >= maxAliases ? null : node.target;
  };
  const source = (node: YamlNode, fallback: Position): Source => ({ node: resolve(node), position: positionOf(node, fallback) });

  const entries: Reader['entries'] = (at, what) => {
    if (at.node?.kind !== 'map') {
      error(at, 'wrong-type', `${what} must be a map of names and values`);
      return undefined;
    }
    const found: [string, Source, Position][] = [];
    const seen = new Set<string>();
    for (const [keyNode, valueNode] of at.node.pairs) {
      const keyAt = positionOf(keyNode, at.position);
      const key = keyNode.kind === 'scalar' ? String(keyNode.value) : undefined;
      if (key === undefined || key === '__proto__') {
        error(keyAt, 'bad-key', 'a key must be a plain name');
        continue;
      }
      if (seen.has(key)) {
        error(keyAt, 'duplicate-key', `"${key}" stands twice in this map`, 'leave one of them out');
        continue;
      }
      seen.add(key);
      found.push([key, source(valueNode, keyAt), keyAt]);
    }
    return found;
  };

  const items: Reader['items'] = (at, what) => {
    if (at.node?.kind !== 'list') {
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
    if (at.node?.kind === 'map')
      return Object.fromEntries((entries(at, 'a value') ?? []).map(([key, inner]) => [key, value(inner, depth + 1)]));
    if (at.node?.kind === 'list') return (items(at, 'a value') ?? []).map((item) => value(item, depth + 1));
    const scalar = at.node?.kind === 'scalar' ? at.node.value : null;
    if (typeof scalar === 'number' && !Number.isFinite(scalar)) error(at, 'wrong-type', 'JSON has no such number');
    return typeof scalar === 'string' || typeof scalar === 'boolean' || (typeof scalar === 'number' && Number.isFinite(scalar))
      ? scalar
      : null;
  };

  const start: Position = { line: 1, column: 1 };
  const empty: Source = { node: null, position: start };
  return {
    root: tree.root === undefined ? (findings.length > 0 ? undefined : empty) : source(tree.root, start),
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
      const scalar = at.node?.kind === 'scalar' ? at.node : undefined;
      if (typeof scalar?.value === 'string') return scalar.value;
      if (typeof scalar?.value === 'number' || typeof scalar?.value === 'boolean') return scalar.text;
      error(at, 'wrong-type', `${what} must be a text`);
      return undefined;
    },
    number: (at, what) => {
      const value = at.node?.kind === 'scalar' ? at.node.value : undefined;
      if (typeof value === 'number' && Number.isFinite(value)) return value;
      error(at, 'wrong-type', `${what} must be a number`);
      return undefined;
    },
    scalar: (at) => (at.node?.kind === 'scalar' ? at.node.value : undefined),
    placeIn: (at, offset) => {
      const { node } = at;
      if (node?.kind !== 'scalar' || node.style === 'block' || typeof node.value !== 'string') return at.position;
      const start = node.style === 'plain' ? node.start : node.start + 1;
      // Where the text stands as it is, a place in it is one in the source.
      return text.startsWith(node.value.slice(0, offset + 1), start) ? place(start + offset) : at.position;
    },
    isMap: (at) => at.node?.kind === 'map',
    isList: (at) => at.node?.kind === 'list',
  };
};
