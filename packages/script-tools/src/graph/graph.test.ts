import { readFileSync } from 'node:fs';
import { parseScript, type Script } from '@dialog/script/parse';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { scriptGraph } from './graph.ts';
import { toMermaid } from './mermaid.ts';
import { toSvg } from './svg.ts';

const parsed = (text: string): Script => {
  const result = parseScript(text);
  if (!result.ok) throw new Error(result.findings.map((one) => `${one.position.line}: ${one.message}`).join('\n'));
  return result.script;
};
const support = parsed(readFileSync(new URL('../../../../services/standalone/bots/support.yaml', import.meta.url), 'utf8'));

const small = parsed(`format: dialog-script/1
bot: small
vars: { name: { type: text } }
scripts:
  welcome:
    when: chat_start
    steps: [{ go: ask }]
  ask:
    steps:
      - ask: { text: 'Who & "what" <b>?', save: name, as: { regex: '^.+$' }, on_fail: [{ stop: true }], on_timeout: [{ go: welcome }] }
      - say: "Hello {{ name }}"
  other: { when: { fallback: { streak: 1 } }, steps: [{ say: "?" }] }
`);

describe('the picture of a script', () => {
  it('has triggers, steps and ways; a plain go is a way', () => {
    const { nodes, edges } = scriptGraph(small);
    expect(nodes.map((node) => node.id)).toEqual([
      'trigger scripts.welcome chat_start',
      'trigger scripts.other fallback 1',
      'scripts.ask.steps[0]',
      'scripts.ask.steps[1]',
      'scripts.other.steps[0]',
      'end scripts.ask',
    ]);
    expect(edges).toEqual([
      { from: 'trigger scripts.welcome chat_start', to: 'scripts.ask.steps[0]', label: '' },
      { from: 'trigger scripts.other fallback 1', to: 'scripts.other.steps[0]', label: '' },
      { from: 'scripts.ask.steps[0]', to: 'scripts.ask.steps[1]', label: 'answered' },
      { from: 'scripts.ask.steps[0]', to: 'end scripts.ask', label: 'on_fail' },
      { from: 'scripts.ask.steps[0]', to: 'scripts.ask.steps[0]', label: 'on_timeout' },
    ]);
  });

  it('every way leads from a node to a node', () => {
    const { nodes, edges } = scriptGraph(support);
    const ids = new Set(nodes.map((node) => node.id));
    expect(ids.size).toBe(nodes.length);
    for (const { from, to } of edges) expect([ids.has(from), ids.has(to)]).toEqual([true, true]);
  });
});

describe('as SVG', () => {
  it('is well-formed, deterministic, and marks where the dialog stands', () => {
    const options = { current: 'scripts.main_menu.steps[0]', visited: ['scripts.welcome.steps[0]'] };
    const svg = toSvg(scriptGraph(support), options);
    expect(XMLValidator.validate(svg)).toBe(true);
    expect(toSvg(scriptGraph(support), options)).toBe(svg);
    expect(svg.match(/class="node step menu current" data-step="scripts\.main_menu\.steps\[0\]"/g)).toHaveLength(1);
    expect(svg.match(/class="node step say visited" data-step="scripts\.welcome\.steps\[0\]"/g)).toHaveLength(1);
    expect(toSvg(scriptGraph(support))).not.toContain(' current"');
  });

  it('no box lies on another', () => {
    const svg = toSvg(scriptGraph(support));
    const boxes = [...svg.matchAll(/<g class="node step[^>]*><rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g)].map(
      ([, ...box]) => box.map(Number) as [number, number, number, number],
    );
    expect(boxes.length).toBeGreaterThan(20);
    boxes.forEach(([x, y, width, height], at) => {
      for (const [otherX, otherY, otherWidth, otherHeight] of boxes.slice(at + 1)) {
        const apart = x + width <= otherX || otherX + otherWidth <= x || y + height <= otherY || otherY + otherHeight <= y;
        expect(apart).toBe(true);
      }
    });
  });

  it('a text is a text, whatever stands in it', () => {
    const svg = toSvg(scriptGraph(small));
    expect(XMLValidator.validate(svg)).toBe(true);
    expect(svg).not.toContain('<b>');
    expect(JSON.stringify(new XMLParser({ htmlEntities: true }).parse(svg))).toContain('Who & \\"what\\" <b>?');
  });
});

it('as Mermaid, the current step marked, quotes and markup escaped', () => {
  expect(toMermaid(scriptGraph(small), { current: 'scripts.ask.steps[1]' })).toBe(`flowchart TD
  subgraph s0 ["welcome"]
    n0(["chat_start"])
  end
  subgraph s1 ["other"]
    n1(["fallback 1"])
    n4["say: ?"]
  end
  subgraph s2 ["ask"]
    n2["ask: Who #38; #34;what#34; #60;b#62;?"]
    n3["say: Hello {{ name }}"]
    n5(((" ")))
  end
  n0 --> n2
  n1 --> n4
  n2 -->|"answered"| n3
  n2 -->|"on_fail"| n5
  n2 -->|"on_timeout"| n2
  classDef current fill:#ffe08a,stroke:#b26a00,stroke-width:3px
  class n3 current
`);
});
