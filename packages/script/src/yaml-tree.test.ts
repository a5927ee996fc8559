import { describe, expect, it } from 'vitest';
import { type YamlNode, yamlTree } from './yaml-tree.ts';

/** As JSON, with where each node begins, written as the rest of the source from there. */
const seen = (source: string) => {
  const from = (start: number): string => (start < 0 ? '' : (source.slice(start).split(/\s/)[0] ?? ''));
  const plain = (node: YamlNode): unknown => {
    switch (node.kind) {
      case 'scalar':
        return [node.value, from(node.start)];
      case 'map':
        return { at: from(node.start), of: node.pairs.map(([key, value]) => [plain(key), plain(value)]) };
      case 'list':
        return { at: from(node.start), of: node.items.map(plain) };
      default:
        return { alias: from(node.start), of: plain(node.target) };
    }
  };
  const { root, problems } = yamlTree(source);
  return { root: root === undefined ? undefined : plain(root), problems };
};

describe('a YAML file as a tree with places', () => {
  it.each<[string, unknown]>([
    ['x', 'x'],
    ['12', 12],
    ['0x1f', 31],
    ['-1.5e3', -1500],
    ['1_000', '1_000'],
    ['12:30', '12:30'],
    ['yes', 'yes'],
    ['true', true],
    ['Null', null],
    ['~', null],
    ['"12"', '12'],
    ["'it''s'", "it's"],
    ['"\\ud83d\\ude00 \\/"', '😀 /'],
    ['"\\u0416\\n"', 'Ж\n'],
    ['!!str 12', '12'],
    ['!!int 12', 12],
    ['! 12', '12'],
  ])('%s', (source, value) => {
    const { root, problems } = yamlTree(source);
    expect(problems).toEqual([]);
    expect(root).toMatchObject({ kind: 'scalar', value });
  });

  it('each node begins where it stands: quotes, indicators, brackets and stars included', () => {
    expect(seen('a: "x"\nb: { c: [d] }\ne: | # text | of\n  two\n  lines\nf: >-\n  folded\ng:\nh: &n v\ni: *n\n')).toEqual({
      problems: [],
      root: {
        at: 'a:',
        of: [
          [
            ['a', 'a:'],
            ['x', '"x"'],
          ],
          [['b', 'b:'], { at: '{', of: [[['c', 'c:'], { at: '[d]', of: [['d', 'd]']] }]] }],
          [
            ['e', 'e:'],
            ['two\nlines\n', '|'],
          ],
          [
            ['f', 'f:'],
            ['folded', '>-'],
          ],
          [
            ['g', 'g:'],
            [null, ''],
          ],
          [
            ['h', 'h:'],
            ['v', 'v'],
          ],
          [['i', 'i:'], { alias: '*n', of: ['v', 'v'] }],
        ],
      },
    });
  });

  it.each<[string, number]>([
    ['a: [1\n', 6],
    ['a: - b\n', 3],
    ['a: *b\n', 3],
    ['a: !!int x\n', 3],
    ['a: !own x\n', 3],
    ['a: 1\n---\nb: 2\n', 9],
    ['['.repeat(400), 299],
  ])('what is wrong has its place: %#', (source, at) => {
    expect(yamlTree(source).problems.map((problem) => problem.at)).toEqual([at]);
  });

  it('a tag that means nothing is doubtful: its text is read', () => {
    expect(yamlTree('!own 12')).toMatchObject({ root: { value: '12' }, problems: [{ at: 0, doubtful: true }] });
  });

  it('an empty file has no root; line ends of Windows and a byte order mark are none of the text', () => {
    expect(seen('')).toEqual({ root: undefined, problems: [] });
    expect(seen('\ufeffa: b\r\nc: |\r\n  d\r\n')).toMatchObject({
      root: {
        of: [
          [
            ['a', 'a:'],
            ['b', 'b'],
          ],
          [
            ['c', 'c:'],
            ['d\n', '|'],
          ],
        ],
      },
    });
  });
});
