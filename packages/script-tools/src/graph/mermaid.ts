import type { GraphNode, ScriptGraph } from './graph.ts';

/** The picture as a Mermaid flow chart, which GitHub and GitLab draw. `current`: a step's path, marked. */
export const toMermaid = (graph: ScriptGraph, { current }: { readonly current?: string | null } = {}): string => {
  const ids = new Map(graph.nodes.map((node, at) => [node.id, `n${at}`]));
  const lines = ['flowchart TD'];
  for (const [at, script] of [...new Set(graph.nodes.map((node) => node.script))].entries()) {
    lines.push(`  subgraph s${at} ["${escaped(script)}"]`);
    for (const node of graph.nodes) if (node.script === script) lines.push(`    ${ids.get(node.id)}${shape(node)}`);
    lines.push('  end');
  }
  for (const { from, to, label } of graph.edges) {
    lines.push(`  ${ids.get(from)} -->${label === '' ? '' : `|"${escaped(label)}"|`} ${ids.get(to)}`);
  }
  const marked = current == null ? undefined : ids.get(current);
  if (marked !== undefined) lines.push('  classDef current fill:#ffe08a,stroke:#b26a00,stroke-width:3px', `  class ${marked} current`);
  return `${lines.join('\n')}\n`;
};

const shape = (node: GraphNode): string => {
  switch (node.kind) {
    case 'trigger':
      return `(["${escaped(node.label)}"])`;
    case 'end':
      return '(((" ")))';
    case 'step': {
      const text = `"${escaped(node.label === '' ? (node.verb ?? '') : `${node.verb}: ${short(node.label)}`)}"`;
      return node.verb === 'if' ? `{${text}}` : `[${text}]`;
    }
    default:
      node.kind satisfies never;
      return '';
  }
};

const short = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim();
  return [...line].length > 60 ? `${[...line].slice(0, 59).join('')}…` : line;
};

/** Inside quotes: Mermaid takes entity codes for what would end the text or be read as markup. */
const escaped = (text: string): string => text.replace(/[#"<>&`\\]/g, (char) => `#${char.codePointAt(0)};`).replace(/\n/g, ' ');
