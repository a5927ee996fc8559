import { pathsOf } from '@dialog/script/expression';
import type { Script, Step, Verb } from '@dialog/script/model';
import type { Template } from '@dialog/script/template';
import { durationText } from '../clock-text.ts';
import { triggersOf, waysOf } from '../outcomes.ts';

export type GraphNode = {
  /** A step's path, `trigger scripts.x text`, or `end scripts.x`. */
  readonly id: string;
  readonly kind: 'trigger' | 'step' | 'end';
  readonly verb?: Verb;
  readonly label: string;
  /** The script that it stands in. */
  readonly script: string;
  readonly line: number;
};
export type GraphEdge = { readonly from: string; readonly to: string; readonly label: string };
/** A script as a picture: its steps in their scripts, the ways between them. A plain `go` is an edge, not a node. In the order of the file. */
export type ScriptGraph = { readonly name: string; readonly nodes: readonly GraphNode[]; readonly edges: readonly GraphEdge[] };

export const scriptGraph = (script: Script): ScriptGraph => {
  const nodes = new Map<string, GraphNode>();
  const edges = new Map<string, GraphEdge>();
  const connect = (from: string, to: string, label: string): void => {
    const known = edges.get(`${from} → ${to}`);
    const both = known === undefined || known.label === label ? label : `${known.label}, ${label}`;
    edges.set(`${from} → ${to}`, { from, to, label: both });
  };
  const end = (of: string): string => {
    const id = `end scripts.${of}`;
    const line = script.scripts.get(of)?.position.line ?? 1;
    if (!nodes.has(id)) nodes.set(id, { id, kind: 'end', label: '', script: of, line });
    return id;
  };
  const target = (path: string | null, of: string): string => {
    const seen = new Set<string>();
    let at = path;
    for (;;) {
      const step = at === null ? undefined : script.steps.get(at);
      if (step === undefined) return end(of);
      if (!isPassage(step) || seen.has(step.path)) return step.path;
      seen.add(step.path);
      at = step.verb === 'go' ? step.target : null;
    }
  };

  for (const { script: of, trigger, to, line } of triggersOf(script)) {
    const id = `trigger scripts.${of} ${trigger}`;
    nodes.set(id, { id, kind: 'trigger', label: trigger, script: of, line });
    connect(id, target(to, of), '');
  }
  for (const step of script.steps.values()) {
    if (isPassage(step)) continue;
    nodes.set(step.path, {
      id: step.path,
      kind: 'step',
      verb: step.verb,
      label: labelOf(step),
      script: step.script,
      line: step.position.line,
    });
  }
  for (const step of script.steps.values()) {
    if (isPassage(step)) continue;
    for (const way of waysOf(step, script)) {
      // A script that simply ends needs no arrow to say so.
      if (way.to === null && way.name === '') continue;
      connect(step.path, target(way.to, step.script), way.name);
    }
  }
  // What a handover was followed by is taken up by `go: interrupted` once the person is back.
  if ([...script.steps.values()].some((step) => step.verb === 'go' && step.interrupted)) {
    for (const step of script.steps.values()) {
      if (step.verb === 'handover' && step.next !== null) connect(step.path, target(step.next, step.script), 'interrupted');
    }
  }
  return { name: script.name, nodes: [...nodes.values()], edges: [...edges.values()] };
};

/**
 * Where what a history names stands in the picture, for all that stands elsewhere: a step that only leads on at the step that it leads to, or at the
 * end; a silence trigger, which histories name in ms.
 */
export const standsIn = (script: Script): ReadonlyMap<string, string> => {
  const stands = new Map<string, string>();
  for (const step of script.steps.values()) {
    if (!isPassage(step)) continue;
    const seen = new Set<string>();
    let at: Step | undefined = step;
    while (at !== undefined && isPassage(at) && !seen.has(at.path)) {
      seen.add(at.path);
      at = at.verb === 'go' && at.target !== null ? script.steps.get(at.target) : undefined;
    }
    stands.set(step.path, at === undefined || seen.has(at.path) ? `end scripts.${step.script}` : at.path);
  }
  for (const { afterMs, script: name } of script.silences) {
    stands.set(`trigger scripts.${name} silence ${afterMs}`, `trigger scripts.${name} silence ${durationText(afterMs)}`);
  }
  return stands;
};

/** `stop` and a `go` that leads somewhere: they do nothing but lead on. */
const isPassage = (step: Step): boolean => step.verb === 'stop' || (step.verb === 'go' && !step.interrupted);

/** A text as its author wrote it, but for what stands inside `{{ }}`: the variables read there. */
const written = (template: Template | null): string =>
  template === null
    ? ''
    : template
        .map((part) =>
          typeof part === 'string'
            ? part
            : `{{ ${pathsOf(part)
                .map((path) => path.path.join('.'))
                .join(', ')} }}`,
        )
        .join('');

const labelOf = (step: Step): string => {
  switch (step.verb) {
    case 'say': {
      const [first = [], ...others] = step.variants;
      return written(first) + (others.length === 0 ? '' : ` (1 of ${step.variants.length} variants)`);
    }
    case 'http':
      return `${step.method} ${written(step.url)}`;
    case 'ask':
      return written(step.text);
    case 'menu':
      return (
        written(step.text) ||
        step.rows
          .flat()
          .map((button) => written(button.text))
          .join(' · ')
      );
    case 'file':
      return written(step.name);
    case 'wait':
      return step.forMessage ? 'for a message' : `${(step.ms ?? 0) / 1000} s`;
    case 'set':
      return step.values.map((one) => one.name).join(', ');
    case 'if': {
      const read = pathsOf(step.condition).map((path) => path.path.join('.'));
      return read.length === 0 ? '?' : `${[...new Set(read)].join(', ')}?`;
    }
    case 'handover':
      return step.department ?? step.operatorId ?? 'queue';
    case 'mark':
      return step.name;
    case 'go':
      return step.targetName;
    case 'close':
    case 'stop':
      return '';
    default:
      step satisfies never;
      return '';
  }
};
