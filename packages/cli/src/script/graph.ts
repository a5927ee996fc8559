import { scriptGraph } from '@dialog/script-tools/graph/graph';
import { toMermaid } from '@dialog/script-tools/graph/mermaid';
import { toSvg } from '@dialog/script-tools/graph/svg';
import { type Command, Option } from 'commander';
import { cannot } from '../exit.ts';
import { writeText } from './files.ts';
import { loadScript } from './load.ts';

type Options = { readonly format?: 'mermaid' | 'svg'; readonly output?: string; readonly current?: string };

/** `dialogctl script graph`: the picture of a script, as Mermaid or SVG. */
export const graphCommand = (script: Command, out: (text: string) => void): void => {
  script
    .command('graph <file>')
    .description('draw a script: its steps and the ways between them')
    .addOption(new Option('--format <format>', "default: by the output's name, else mermaid").choices(['mermaid', 'svg']))
    .option('-o, --output <file>', 'write it there')
    .option('--current <step>', 'mark a step, by its path')
    .addHelpText('after', '\nExamples:\n  dialogctl script graph bot.yaml\n  dialogctl script graph bot.yaml -o bot.svg')
    .action((file: string, { format, output, current }: Options) => {
      if (format === undefined && output !== undefined && !/\.(svg|mmd|mermaid|md|txt)$/.test(output))
        return cannot(`${output}: .svg or .mmd is wanted, or say --format`);
      const graph = scriptGraph(loadScript(file));
      if (current !== undefined && !graph.nodes.some((node) => node.id === current)) cannot(`${file} has no step ${current}`);
      const svg = (format ?? (output?.endsWith('.svg') ? 'svg' : 'mermaid')) === 'svg';
      const drawn = svg ? toSvg(graph, { current: current ?? null }) : toMermaid(graph, { current: current ?? null });
      if (output === undefined) return out(drawn.trimEnd());
      writeText(output, drawn);
    });
};
