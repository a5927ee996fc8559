import type { Script, Step } from './model.ts';

type Target = string | null | undefined;

/** Every step that can follow, by any outcome. */
export const successors = (step: Step, script: Script): readonly Target[] => {
  switch (step.verb) {
    case 'ask':
      return [step.next, step.onFail, step.onTimeout];
    case 'wait':
      return [step.next, step.onTimeout];
    case 'handover':
      return [step.onAccepted, step.onNoOperator, step.onFailed, takesUp(script) ? step.next : null];
    case 'menu':
      return [...step.rows.flat().map((button) => button.go), waitsForOthers(step, script) ? step.next : null];
    case 'stop':
      return [];
    default:
      return withoutWait(step);
  }
};

/** What can follow without the visitor, an operator or time having a say: a circle of these never ends. */
export const withoutWait = (step: Step): readonly Target[] => {
  switch (step.verb) {
    case 'if':
      return [step.then, step.else];
    case 'go':
      return [step.interrupted ? step.next : step.target];
    case 'http':
      return [step.next, ...step.onStatus.values(), step.onError];
    // Webim's refusal comes at once.
    case 'handover':
    case 'close':
      return [step.onFailed];
    case 'ask':
    case 'menu':
    case 'wait':
    case 'stop':
      return [];
    default:
      return [step.next];
  }
};

/** A button that neither leads anywhere nor has a script goes on behind the menu. */
const waitsForOthers = (step: Extract<Step, { verb: 'menu' }>, script: Script): boolean =>
  step.rows.flat().some((button) => button.goName === null && !script.buttonRules.has(button.id));

/** Whether any step says `go: interrupted`: only so the step behind a handover is reached. */
const takesUp = (script: Script): boolean => {
  let known = takers.get(script);
  if (known === undefined) {
    known = [...script.steps.values()].some((step) => step.verb === 'go' && step.interrupted);
    takers.set(script, known);
  }
  return known;
};
const takers = new WeakMap<Script, boolean>();

/** Scripts that start by a trigger of their own, and where all else that a visitor can press leads. */
export const entries = (script: Script): { readonly once: readonly string[]; readonly again: readonly string[] } => {
  const first = (name: string | null): Target => (name === null ? null : script.scripts.get(name)?.first);
  const named = (targets: readonly Target[]): string[] => targets.filter((target): target is string => target != null);
  return {
    once: named([first(script.chatStart)]),
    again: named(
      [
        ...script.textRules.map((rule) => rule.script),
        ...script.fileRules.map((rule) => rule.script),
        ...script.buttonRules.values(),
        ...script.returned.values(),
        ...script.fallbacks.map((one) => one.script),
        ...script.silences.map((one) => one.script),
      ].map(first),
    ),
  };
};

export const reachableFrom = (script: Script, from: readonly Target[], next = successors): Set<string> => {
  const seen = new Set<string>();
  const open = [...from];
  while (open.length > 0) {
    const path = open.pop();
    if (path === null || path === undefined || seen.has(path)) continue;
    const step = script.steps.get(path);
    if (step === undefined) continue;
    seen.add(path);
    open.push(...next(step, script));
  }
  return seen;
};

/**
 * Which steps every way to a step passes: its dominators, from a root that leads to all entries (Cooper, Harvey, Kennedy 2001).
 * @returns whether `a` stands on every way to `b`, itself included; false for what is not reached
 */
export const dominance = (script: Script): ((a: string, b: string) => boolean) => {
  const { once, again } = entries(script);
  const order = postorder(script, [...once, ...again]);
  const number = new Map(order.map((path, at) => [path, at]));
  const root = order.length;
  const predecessors: number[][] = order.map(() => []);
  for (const path of order) {
    for (const next of successors(script.steps.get(path) as Step, script)) {
      const to = next == null ? undefined : number.get(next);
      if (to !== undefined) predecessors[to]?.push(number.get(path) as number);
    }
  }
  for (const entry of [...once, ...again]) predecessors[number.get(entry) ?? -1]?.push(root);

  const idom = new Int32Array(root + 1).fill(-1);
  idom[root] = root;
  const meet = (a: number, b: number): number => {
    let [x, y] = [a, b];
    while (x !== y) {
      while (x < y) x = idom[x] as number;
      while (y < x) y = idom[y] as number;
    }
    return x;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (let at = root - 1; at >= 0; at--) {
      let best = -1;
      for (const from of predecessors[at] ?? []) if (idom[from] !== -1) best = best === -1 ? from : meet(from, best);
      if (best !== -1 && idom[at] !== best) {
        idom[at] = best;
        changed = true;
      }
    }
  }
  return (a, b) => {
    const [wanted, start] = [number.get(a), number.get(b)];
    if (wanted === undefined || start === undefined) return false;
    let at = start;
    // An immediate dominator has the higher number.
    while (at < wanted) at = idom[at] as number;
    return at === wanted;
  };
};

/** Depth first with a stack of its own: scripts may be thousands of steps long. */
const postorder = (script: Script, from: readonly string[]): string[] => {
  const order: string[] = [];
  const seen = new Set<string>();
  const stack: { readonly path: string; readonly next: readonly Target[]; at: number }[] = [];
  const visit = (path: Target): void => {
    const step = path == null || seen.has(path) ? undefined : script.steps.get(path);
    if (path == null || step === undefined) return;
    seen.add(path);
    stack.push({ path, next: successors(step, script), at: 0 });
  };
  for (const entry of from) {
    visit(entry);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      if (top.at < top.next.length) visit(top.next[top.at++]);
      else {
        order.push(top.path);
        stack.pop();
      }
    }
  }
  return order;
};
