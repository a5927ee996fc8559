import { Graph, layout } from '@dagrejs/dagre';
import type { GraphNode, ScriptGraph } from './graph.ts';

export type SvgOptions = {
  /** The step where the dialog stands, by path: marked. */
  readonly current?: string | null;
  /** Steps that the dialog went through, by path: shown stronger. */
  readonly visited?: Iterable<string>;
  /** false: without its colours, which `svgStyle` has: a page's policy may take no style from markup. */
  readonly styled?: boolean;
  /** How many dialogs took each way, by `from` and `to`, and how many were left at a step; of `dialogs`. */
  readonly flow?: Flow;
};

export type Flow = {
  readonly dialogs: number;
  readonly ways: readonly { readonly from: string; readonly to: string; readonly dialogs: number }[];
  readonly left: readonly { readonly step: string; readonly dialogs: number }[];
};

const font = 13;
const lineHeight = 17;
const charWidth = 7.2;
const wrapAt = 26;
const padding = 10;

/** The picture's colours, for a page that draws it in its own tree. */
export const svgStyle = [
  `text{font:${font}px system-ui,sans-serif;fill:#1d2733}`,
  '.script rect{fill:#f6f8fa;stroke:#d0d7de}.script text{font-weight:600;fill:#57606a}',
  '.way{fill:none;stroke:#6e7781}#tip path{fill:#6e7781}',
  '.label{font-size:11px;text-anchor:middle;fill:#57606a;paint-order:stroke;stroke:#fff;stroke-width:3px}',
  '.node rect,.node polygon,.node circle{fill:#fff;stroke:#57606a}.node text{text-anchor:middle}.node .verb{font-size:10px;fill:#57606a}',
  '.trigger rect{fill:#ddf4ff;stroke:#0969da}.end circle{fill:#57606a}',
  '.say rect,.file rect{fill:#eafbea;stroke:#1a7f37}.ask rect,.menu rect{fill:#fff8e5;stroke:#9a6700}',
  '.if polygon{fill:#f3ecff;stroke:#8250df}.handover rect,.close rect{fill:#ffebe9;stroke:#cf222e}.http rect{fill:#e8f0fe;stroke:#0550ae}',
  '.taken{stroke:#0969da}.node .left{text-anchor:start;fill:#cf222e;font-weight:600}',
  '.visited rect,.visited polygon{stroke-width:2.5}.current rect,.current polygon{fill:#ffe08a;stroke:#b26a00;stroke-width:4}',
].join('');

/**
 * The picture as an SVG document of its own: no scripts, no outside resources, texts escaped. Deterministic: the same graph gives the
 * same bytes. Nodes carry `data-step` (the step's path) and `data-line`, so that a page can make them links.
 */
export const toSvg = (graph: ScriptGraph, { current = null, visited = [], styled = true, flow }: SvgOptions = {}): string => {
  const went = new Set(visited);
  const took = new Map(flow?.ways.map(({ from, to, dialogs }) => [`${from}\n${to}`, dialogs]));
  const left = new Map(flow?.left.map(({ step, dialogs }) => [step, dialogs]));
  const placed = place(graph);
  const parts: string[] = [];
  for (const { script, x, y, width, height } of placed.clusters) {
    parts.push(
      `<g class="script"><rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" rx="8"/>`,
      `<text x="${n(x + padding)}" y="${n(y + lineHeight)}">${escaped(script)}</text></g>`,
    );
  }
  for (const { from, to, points, label: name, at } of placed.edges) {
    const dialogs = took.get(`${from}\n${to}`) ?? 0;
    const width =
      flow === undefined
        ? ' stroke-width="1.3"'
        : ` stroke-width="${n(dialogs === 0 ? 0.7 : 1.3 + (7 * dialogs) / Math.max(1, flow.dialogs))}"`;
    parts.push(`<path class="way${dialogs > 0 ? ' taken' : ''}"${width} d="${path(points)}" marker-end="url(#tip)"/>`);
    const label = flow === undefined ? name : dialogs === 0 ? '' : `${dialogs}${name === '' ? '' : ` · ${name}`}`;
    if (label !== '' && at !== undefined) {
      const [first = '', ...more] = wrapped(label, wrapAt);
      const tail = more.length === 0 ? '' : ' …';
      parts.push(`<text class="label" x="${n(at.x)}" y="${n(at.y + 4)}">${escaped(first + tail)}<title>${escaped(label)}</title></text>`);
    }
  }
  for (const { node, x, y, width, height } of placed.nodes) {
    const classes = ['node', node.kind, ...(node.verb === undefined ? [] : [node.verb])];
    if (node.id === current) classes.push('current');
    if (went.has(node.id)) classes.push('visited');
    const data = node.kind === 'step' ? ` data-step="${escaped(node.id)}"` : '';
    parts.push(`<g class="${classes.join(' ')}"${data} data-line="${node.line}">${shape(node, x, y, width, height)}${texts(node, x, y)}`);
    const gone = left.get(node.id);
    if (gone !== undefined) parts.push(`<text class="left" x="${n(x + width + 4)}" y="${n(y + height / 2 + 4)}">⇥ ${gone}</text>`);
    parts.push(`<title>${escaped(titleOf(node))}</title></g>`);
  }
  const { width, height } = placed;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${n(width)} ${n(height)}" width="${n(width)}" height="${n(height)}" role="img">`,
    `<title>${escaped(graph.name)}</title>${styled ? `<style>${svgStyle}</style>` : ''}`,
    '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerUnits="userSpaceOnUse" markerWidth="10" markerHeight="10" orient="auto"><path d="M0 0L10 5L0 10z"/></marker></defs>',
    ...parts,
    '</svg>\n',
  ].join('\n');
};

type Point = { readonly x: number; readonly y: number };
type Box = Point & { readonly width: number; readonly height: number };

const place = (graph: ScriptGraph) => {
  const dagre = new Graph({ compound: true, multigraph: false });
  dagre.setGraph({ rankdir: 'TB', nodesep: 28, ranksep: 44, edgesep: 14, marginx: 16, marginy: 16 });
  dagre.setDefaultEdgeLabel(() => ({}));
  const scripts = [...new Set(graph.nodes.map((node) => node.script))];
  for (const script of scripts) dagre.setNode(`cluster ${script}`, { label: script });
  for (const node of graph.nodes) {
    dagre.setNode(node.id, sizeOf(node));
    dagre.setParent(node.id, `cluster ${node.script}`);
  }
  for (const { from, to, label } of graph.edges) {
    dagre.setEdge(from, to, { width: label === '' ? 0 : Math.min(label.length, wrapAt) * 6, height: label === '' ? 0 : 14, labelpos: 'c' });
  }
  layout(dagre);
  const box = (id: string): Box => {
    const { x = 0, y = 0, width = 0, height = 0 } = dagre.node(id) as Partial<Box>;
    return { x: x - width / 2, y: y - height / 2, width, height };
  };
  const { width = 0, height = 0 } = dagre.graph() as { width?: number; height?: number };
  return {
    width: Math.max(1, width),
    height: Math.max(1, height),
    clusters: scripts.map((script) => ({ script, ...box(`cluster ${script}`) })),
    nodes: graph.nodes.map((node) => ({ node, ...box(node.id) })),
    edges: graph.edges.map(({ from, to, label }) => {
      const edge = dagre.edge(from, to) as { points: Point[]; x?: number; y?: number };
      return {
        from,
        to,
        points: edge.points,
        label,
        at: label === '' || edge.x === undefined || edge.y === undefined ? edge.points[edge.points.length >> 1] : { x: edge.x, y: edge.y },
      };
    }),
  };
};

const linesOf = (node: GraphNode): readonly string[] => {
  const lines = wrapped(node.label, wrapAt);
  return lines.length > 3 ? [...lines.slice(0, 2), `${lines[2]} …`] : lines;
};

const sizeOf = (node: GraphNode): { width: number; height: number } => {
  if (node.kind === 'end') return { width: 14, height: 14 };
  const lines = linesOf(node);
  const longest = Math.max(node.verb?.length ?? 0, ...lines.map((line) => [...line].length));
  const height = lines.length * lineHeight + (node.verb === undefined ? 0 : 13) + padding;
  return { width: longest * charWidth + 2 * padding + (node.verb === 'if' ? 40 : 0), height: Math.max(26, height) };
};

const shape = (node: GraphNode, x: number, y: number, width: number, height: number): string => {
  if (node.kind === 'end') return `<circle cx="${n(x + 7)}" cy="${n(y + 7)}" r="7"/>`;
  if (node.verb === 'if') {
    const middle = y + height / 2;
    const corners = [
      [x, middle],
      [x + 18, y],
      [x + width - 18, y],
      [x + width, middle],
      [x + width - 18, y + height],
      [x + 18, y + height],
    ];
    return `<polygon points="${corners.map(([a = 0, b = 0]) => `${n(a)},${n(b)}`).join(' ')}"/>`;
  }
  const round = node.kind === 'trigger' ? height / 2 : 5;
  return `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" rx="${n(round)}"/>`;
};

const texts = (node: GraphNode, x: number, y: number): string => {
  if (node.kind === 'end') return '';
  const { width, height } = sizeOf(node);
  const lines = linesOf(node);
  const middle = n(x + width / 2);
  const verb = node.verb === undefined ? '' : `<text class="verb" x="${middle}" y="${n(y + 13)}">${node.verb}</text>`;
  const top = node.verb === undefined ? y + height / 2 - ((lines.length - 1) * lineHeight) / 2 + 4 : y + 13 + lineHeight - 2;
  return verb + lines.map((line, at) => `<text x="${middle}" y="${n(top + at * lineHeight)}">${escaped(line)}</text>`).join('');
};

const titleOf = (node: GraphNode): string =>
  node.kind === 'step'
    ? `${node.id}, line ${node.line}\n${node.label}`
    : `${node.script}${node.kind === 'trigger' ? `: ${node.label}` : ''}`;

const path = (points: readonly Point[]): string => points.map(({ x, y }, at) => `${at === 0 ? 'M' : 'L'}${n(x)} ${n(y)}`).join('');

/** At word borders; a longer word is cut. */
const wrapped = (text: string, limit: number): string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.replace(/\s+/g, ' ').trim().split(' ')) {
    let rest = word;
    while ([...rest].length > limit) {
      if (line !== '') lines.push(line);
      line = '';
      lines.push([...rest].slice(0, limit).join(''));
      rest = [...rest].slice(limit).join('');
    }
    if (line !== '' && [...line].length + 1 + [...rest].length > limit) {
      lines.push(line);
      line = rest;
    } else line = line === '' ? rest : `${line} ${rest}`;
  }
  return line === '' ? lines : [...lines, line];
};

/** One decimal: enough for a screen, and the same on every machine. */
const n = (value: number): string => String(Math.round(value * 10) / 10);

/** XML takes no control characters, but for line ends and tabs. */
const escaped = (text: string): string =>
  text
    .replace(/[&<>"']/g, (char) => `&#${char.codePointAt(0)};`)
    .replace(/\p{Cc}/gu, (char) => (char === '\n' || char === '\t' ? char : ''));
