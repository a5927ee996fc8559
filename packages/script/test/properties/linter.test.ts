import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lintScript, parseScript } from '../../src/parse.ts';
import { renderFinding } from '../../src/render-finding.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const bots = '../../../../services/standalone/bots/';
const seeds = [
  read('../support.yaml'),
  read('../kit/everything.yaml'),
  ...readdirSync(new URL(bots, import.meta.url))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => read(`${bots}${name}`)),
];

/** One change of the kind that a hand or a merge makes. */
const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(40),
  kind: fc.constantFrom('cut', 'put', 'twice', 'swap', 'line', 'indent'),
  put: fc.oneof(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ':',
      '- ',
      '"',
      "'",
      '{{',
      '}}',
      '&a ',
      '*a',
      '\n',
      '\t',
      '#',
      '|',
      '>',
      '? ',
      '!!',
      '<<: ',
      '__proto__: ',
      'null',
      '~',
      '0x',
      '1e999',
      '.inf',
      '-',
      'interrupted',
      'secret.x',
      '\u2028',
      '\u0000',
      '😀',
    ),
    fc.string({ maxLength: 6 }),
  ),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

const changed = (source: string, { at, length, kind, put }: Change): string => {
  const from = Math.floor(at * source.length);
  const to = Math.min(source.length, from + length);
  const piece = source.slice(from, to);
  const lines = source.split('\n');
  const line = Math.floor(at * lines.length);
  switch (kind) {
    case 'cut':
      return source.slice(0, from) + source.slice(to);
    case 'put':
      return source.slice(0, from) + put + source.slice(from);
    case 'twice':
      return source.slice(0, to) + piece + source.slice(to);
    case 'swap':
      return source.slice(0, from) + put + source.slice(to);
    case 'line':
      return lines.filter((_, index) => index !== line).join('\n');
    default:
      return lines.map((text, index) => (index === line ? `  ${text}` : text)).join('\n');
  }
};

it('mutations of good scripts never crash the linter, and each finding has a place that can be shown', () => {
  let broken = 0;
  fc.assert(
    fc.property(fc.constantFrom(...seeds), fc.array(change, { minLength: 1, maxLength: 4 }), (seed, changes) => {
      const source = changes.reduce(changed, seed);
      const findings = lintScript(source);
      const lines = source.split('\n');
      if (findings.some((one) => one.severity === 'error')) broken += 1;
      for (const finding of findings) {
        expect(finding.position.line).toBeGreaterThanOrEqual(1);
        expect(finding.position.line).toBeLessThanOrEqual(lines.length + 1);
        expect(finding.position.column).toBeGreaterThanOrEqual(1);
        expect(renderFinding(source, finding)).toContain('^');
      }
      expect(lintScript(source)).toEqual(findings);
    }),
    { numRuns: 150 },
  );
  expect(broken).toBeGreaterThan(20);
});

it('any text is findings', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (source) => {
      expect(parseScript(source).ok).toBe(false);
    }),
    { numRuns: 500 },
  );
});

it('any tree is findings or a script', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom('vars', 'scripts', 'defaults', 'tests', 'steps', 'when'), (value, where) => {
      const file = { format: 'dialog-script/1', bot: 'b', scripts: { s: { steps: [] } } };
      const inside =
        where === 'steps' || where === 'when' ? { ...file, scripts: { s: { steps: [], [where]: value } } } : { ...file, [where]: value };
      lintScript(JSON.stringify(inside));
    }),
    { numRuns: 1_000 },
  );
});
