import { parsePinned } from '@dialog/script/parse';
import { scriptGraph } from '@dialog/script-tools/graph/graph';
import { toSvg } from '@dialog/script-tools/graph/svg';
import { useMemo, useRef } from 'react';
import { api } from '../api.ts';
import { useDrawing } from '../frame/drawing.tsx';
import { Failed, Loading } from '../frame/states.tsx';
import { useTexts } from '../texts/context.tsx';
import { useAsked } from '../use-asked.ts';

type Props = {
  readonly script: string | null;
  readonly scripts: readonly string[];
  readonly choose: (script: string) => void;
  readonly counted: URLSearchParams;
};

/** A script version as a picture, with how many dialogs took each way and where they were left. */
export const FlowPicture = ({ script, scripts, choose, counted }: Props) => {
  const { t, language } = useTexts();
  const n = t.numbers;
  const { value, error, again, waits } = useAsked(script === null ? null : `${script} ${counted}`, async (signal) => {
    const query = new URLSearchParams(counted);
    query.set('script', script ?? '');
    const [flow, { source }] = await Promise.all([api.flow(query, signal), api.script(script ?? '', signal)]);
    return { flow, source };
  });
  const svg = useMemo(() => {
    if (value === undefined) return '';
    const parsed = parsePinned(value.source);
    return parsed.ok ? toSvg(scriptGraph(parsed.script), { styled: false, flow: value.flow }) : undefined;
  }, [value]);
  const frame = useRef<HTMLDivElement>(null);
  useDrawing(frame, svg ?? '');
  return (
    <section className="card behind" aria-labelledby="flow-heading" data-testid="flow">
      <h2 id="flow-heading">{n.flow}</h2>
      <p className="faint">{n.flowHint}</p>
      <label>
        {n.script}{' '}
        <select value={script ?? ''} onChange={(event) => choose(event.target.value)}>
          <option value="">{n.chooseScript}</option>
          {[...new Set([...scripts, ...(script === null ? [] : [script])])].map((one) => (
            <option key={one} value={one}>
              {one.slice(0, 12)}
            </option>
          ))}
        </select>
      </label>
      {error === undefined ? null : <Failed error={error} again={again} />}
      {waits ? <Loading /> : null}
      {svg === undefined ? <p className="state bad">{n.unreadable}</p> : null}
      {value === undefined ? null : <p role="status">{n.flowOf(value.flow.dialogs.toLocaleString(language))}</p>}
      <div
        ref={frame}
        className={value === undefined || svg === undefined ? 'hidden' : 'drawing'}
        role="img"
        aria-label={n.picture}
        tabIndex={value === undefined || svg === undefined ? -1 : 0}
      />
    </section>
  );
};
