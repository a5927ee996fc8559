import {
  boolCoreTag,
  EVENT_ID,
  type Event,
  floatCoreTag,
  getScalarValue,
  intCoreTag,
  NOT_RESOLVED,
  nullCoreTag,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  YAMLException,
} from 'js-yaml';
import { yamlMistake } from './yaml-mistake.ts';

/** A node of a YAML file, and where it begins: an offset in UTF-16 units, or -1 where nothing stands there. */
export type YamlNode =
  | {
      readonly kind: 'scalar';
      readonly value: unknown;
      /** As it stands in the source, without quotes. */
      readonly text: string;
      readonly style: 'plain' | 'quoted' | 'block';
      readonly start: number;
    }
  | { readonly kind: 'map'; readonly pairs: [YamlNode, YamlNode][]; readonly start: number }
  | { readonly kind: 'list'; readonly items: YamlNode[]; readonly start: number }
  | { readonly kind: 'alias'; readonly target: YamlNode; readonly start: number };

/** `doubtful`: the file can be read all the same. */
export type YamlProblem = { readonly at: number; readonly message: string; readonly hint?: string; readonly doubtful?: true };

export type YamlTree = { readonly root: YamlNode | undefined; readonly problems: readonly YamlProblem[] };

/** Of collections within collections; steps may be nested 20 deep, each in some six of them. */
const maxDepth = 300;

/** The first document of a text, YAML 1.2 with the core schema, and what is wrong with it. Never throws. */
export const yamlTree = (text: string): YamlTree => {
  let events: readonly Event[];
  try {
    events = parseEvents(text, { maxDepth });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return { root: undefined, problems: [yamlMistake(text, error.mark?.position ?? 0, error.reason)] };
  }
  const problems: YamlProblem[] = [];
  const anchors = new Map<string, YamlNode>();
  const anchored = <T extends YamlNode>(node: T, { anchorStart, anchorEnd }: { anchorStart: number; anchorEnd: number }): T => {
    if (anchorStart >= 0) anchors.set(text.slice(anchorStart, anchorEnd), node);
    return node;
  };
  let at = 0;

  /** The node whose event comes next; undefined: the collection ends. */
  const next = (): YamlNode | undefined => {
    const event = events[at++];
    switch (event?.type) {
      case EVENT_ID.SCALAR:
        return anchored(scalarOf(text, event, problems), event);
      case EVENT_ID.MAPPING: {
        const map = anchored({ kind: 'map' as const, pairs: [] as [YamlNode, YamlNode][], start: event.start }, event);
        for (let key = next(); key !== undefined; key = next()) map.pairs.push([key, next() ?? nothing]);
        return map;
      }
      case EVENT_ID.SEQUENCE: {
        const list = anchored({ kind: 'list' as const, items: [] as YamlNode[], start: event.start }, event);
        for (let item = next(); item !== undefined; item = next()) list.items.push(item);
        return list;
      }
      case EVENT_ID.ALIAS: {
        const name = text.slice(event.anchorStart, event.anchorEnd);
        const target = anchors.get(name);
        if (target === undefined) problems.push({ at: event.anchorStart - 1, message: `nothing is named &${name} before this` });
        return { kind: 'alias', target: target ?? nothing, start: event.anchorStart - 1 };
      }
      default:
        return undefined;
    }
  };

  // Its document.
  at = 1;
  const root = next();
  const second = events.findIndex((event, index) => index > 0 && event.type === EVENT_ID.DOCUMENT);
  if (second > 0) problems.push({ at: startOf(events[second + 1]) ?? text.length, message: 'the file has several documents (---)' });
  return { root, problems };
};

const nothing: YamlNode = { kind: 'scalar', value: null, text: '', style: 'plain', start: -1 };

const startOf = (event: Event | undefined): number | undefined => {
  if (event === undefined || event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP) return undefined;
  if (event.type === EVENT_ID.ALIAS) return event.anchorStart - 1;
  return event.type === EVENT_ID.SCALAR ? event.valueStart : event.start;
};

const styles = {
  [SCALAR_STYLE.PLAIN]: 'plain',
  [SCALAR_STYLE.SINGLE_QUOTED]: 'quoted',
  [SCALAR_STYLE.DOUBLE_QUOTED]: 'quoted',
  [SCALAR_STYLE.LITERAL_BLOCK]: 'block',
  [SCALAR_STYLE.FOLDED_BLOCK]: 'block',
} as const;

const scalarOf = (source: string, event: ScalarEvent, problems: YamlProblem[]): YamlNode => {
  const text = getScalarValue(source, event);
  const style = styles[event.style];
  const value = event.tagStart >= 0 ? tagged(source, event, text, problems) : style === 'plain' ? untagged(text) : text;
  return { kind: 'scalar', value, text, style, start: startOfScalar(source, event, style) };
};

/** Where its quote or its indicator stands. */
const startOfScalar = (source: string, { valueStart }: ScalarEvent, style: 'plain' | 'quoted' | 'block'): number => {
  if (valueStart < 0 || style === 'plain') return valueStart;
  if (style === 'quoted') return valueStart - 1;
  const line = source.lastIndexOf('\n', valueStart - 2) + 1;
  const indicator = /[|>][-+\d]*\s*(#.*)?$/.exec(source.slice(line, valueStart - 1));
  return indicator === null ? valueStart : line + indicator.index;
};

const coreTags = [nullCoreTag, boolCoreTag, intCoreTag, floatCoreTag];

const untagged = (text: string): unknown => {
  const first = text.charAt(0);
  for (const tag of coreTags) {
    if (tag.implicitFirstChars?.includes(first) === false) continue;
    const value = tag.resolve(text, false, tag.tagName);
    if (value !== NOT_RESOLVED) return value;
  }
  return text;
};

const tagged = (source: string, { tagStart, tagEnd }: ScalarEvent, text: string, problems: YamlProblem[]): unknown => {
  const name = source.slice(tagStart, tagEnd);
  if (name === '!' || name === '!!str') return text;
  const tag = coreTags.find(({ tagName }) => name === tagName.replace('tag:yaml.org,2002:', '!!'));
  const value = tag === undefined ? NOT_RESOLVED : tag.resolve(text, true, tag.tagName);
  if (value !== NOT_RESOLVED) return value;
  const message = tag === undefined ? `the tag ${name} means nothing here` : `"${text}" is no ${name}`;
  problems.push({ at: tagStart, message, doubtful: true });
  return text;
};
