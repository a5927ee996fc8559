import { parsePinned } from '@dialog/script/parse';
import { scriptGraph } from '@dialog/script-tools/graph/graph';
import { toSvg } from '@dialog/script-tools/graph/svg';
import { useEffect, useMemo, useRef } from 'react';
import { useDrawing } from '../frame/drawing.tsx';
import { useTexts } from '../texts/context.tsx';
import type { Step } from './history.ts';
import type { Pins } from './pins.ts';

type Picture = { readonly svg: string; readonly lineOf: ReadonlyMap<string, number> };

/** @returns undefined where the script does not parse any more. */
const pictureOf = (source: string): Picture | undefined => {
  const parsed = parsePinned(source);
  if (!parsed.ok) return undefined;
  const graph = scriptGraph(parsed.script);
  return { svg: toSvg(graph, { styled: false }), lineOf: new Map(graph.nodes.map((node) => [node.id, node.line])) };
};

/** Steps that the dialog went through, up to and with an event. */
const stepsTo = (history: readonly Step[], at: number): ReadonlySet<string> => {
  const steps = new Set<string>();
  for (const { event } of history.slice(0, at + 1)) {
    if (event.type === 'ScriptAdvanced') for (const { step } of event.data.trace?.steps ?? []) steps.add(step);
  }
  return steps;
};

type ScriptPictureProps = {
  readonly history: readonly Step[];
  readonly at: number;
  readonly pins: Pins;
  /** Told once it is as high as it will be. */
  readonly settled: () => void;
};

/** The dialog's script as a picture, the step marked where it stands after the chosen event, and those that it went through. */
export const ScriptPicture = ({ history, at, pins, settled }: ScriptPictureProps) => {
  const { t } = useTexts();
  const state = history[at]?.state;
  const hash = state?.status === 'live' ? state.script : undefined;
  const source = hash === undefined ? undefined : pins.all.scripts[hash]?.source;
  const picture = useMemo(() => (source === undefined ? undefined : pictureOf(source)), [source]);
  const visited = useMemo(() => stepsTo(history, at), [history, at]);
  const current = state?.status === 'live' ? (state.scriptState.cursor?.step ?? null) : null;
  const frame = useRef<HTMLDivElement>(null);

  useDrawing(frame, picture?.svg ?? '');

  useEffect(() => {
    const box = frame.current;
    for (const node of box?.shadowRoot?.querySelectorAll<SVGGElement>('[data-step]') ?? []) {
      const step = node.dataset['step'] ?? '';
      node.classList.toggle('visited', visited.has(step));
      node.classList.toggle('current', step === current);
      if (step !== current || box === null) continue;
      const [seen, of] = [box.getBoundingClientRect(), node.getBoundingClientRect()];
      box.scrollBy({ left: of.left + of.width / 2 - seen.left - seen.width / 2, top: of.top + of.height / 2 - seen.top - seen.height / 2 });
    }
  }, [picture, visited, current]);

  const isSettled = picture !== undefined || pins.state !== 'loading';
  useEffect(() => {
    if (isSettled) settled();
  }, [isSettled, settled]);

  if (picture === undefined) return <p className="faint">{pins.state === 'loading' ? t.loading : t.replay.picture.missing}</p>;
  const line = current === null ? undefined : picture.lineOf.get(current);
  return (
    <>
      <p role="status" data-testid="stands-at">
        {current === null ? t.replay.picture.atTriggers : t.replay.picture.standsAt(current, line)}
      </p>
      <div ref={frame} className="drawing" role="img" aria-label={t.replay.picture.name} tabIndex={0} />
    </>
  );
};
