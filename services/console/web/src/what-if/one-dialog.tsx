import { useEffect, useState } from 'react';
import type { WhatIfDialog } from '../../../src/api/what-if.ts';
import { api } from '../api.ts';
import { Loading } from '../frame/states.tsx';
import { Link, usePlace } from '../router.tsx';
import { useTexts } from '../texts/context.tsx';
import { reasonOf } from '../texts/reason.ts';
import { word } from '../texts/texts.ts';
import { clockTime } from '../time.ts';
import { type Seen, SeenLine } from './seen-line.tsx';

/** Both transcripts of one dialog, side by side from its beginning. */
export const OneDialog = ({ id, account, chatId }: { readonly id: string; readonly account: string; readonly chatId: string }) => {
  const { t } = useTexts();
  const { query } = usePlace();
  const [dialog, setDialog] = useState<WhatIfDialog>();
  const [refused, setRefused] = useState<string>();
  useEffect(() => {
    const abort = new AbortController();
    api.whatIfDialog(id, account, chatId, abort.signal).then(setDialog, (error: unknown) => {
      if (!abort.signal.aborted) setRefused(reasonOf(error, t));
    });
    return () => abort.abort();
  }, [id, account, chatId]);
  const back = new URLSearchParams(query);
  back.delete('dialog');
  return (
    <section className="page what-if" aria-labelledby="what-if-heading">
      <div className="page-head">
        <Link to={`/what-if?${back}`} className="back">
          ← {t.whatIf.back}
        </Link>
        <h1 id="what-if-heading">
          {t.dialog.chat(chatId)} <span className="faint">{account}</span>
        </h1>
        <Link to={`/dialogs/${encodeURIComponent(account)}/${encodeURIComponent(chatId)}`}>{t.whatIf.open}</Link>
      </div>
      {refused === undefined ? null : (
        <p className="state bad" role="alert">
          {t.whatIf.refused(refused)}
        </p>
      )}
      {dialog === undefined ? refused === undefined ? <Loading /> : null : <BothSides dialog={dialog} />}
    </section>
  );
};

const BothSides = ({ dialog }: { readonly dialog: WhatIfDialog }) => {
  const { t } = useTexts();
  const { transcripts, diverged, gap } = dialog;
  const { before, now } = transcripts;
  const same = before.findIndex((seen, at) => JSON.stringify(bare(seen)) !== JSON.stringify(bare(now[at])));
  const from = same < 0 ? before.length : same;
  const notGuessed = diverged?.revision ?? gap?.revision ?? Number.POSITIVE_INFINITY;
  return (
    <div className="fork-sides" data-testid="what-if-sides">
      <Side title={t.whatIf.recorded} seen={before} from={from} faintFrom={notGuessed} />
      <Side title={t.whatIf.now} seen={now} from={from} faintFrom={Number.POSITIVE_INFINITY}>
        {diverged === null ? null : (
          <li className="notice">
            {t.whatIf.divergedHere}: {word(t.whatIf.why, diverged.why)}
          </li>
        )}
        {gap === null ? null : <li className="notice">{t.whatIf.gap(word(t.whatIf.missing, gap.missing), gap.what)}</li>}
      </Side>
    </div>
  );
};

const bare = (seen: Seen | undefined) => (seen === undefined ? null : [seen.who, seen.what, seen.text, seen.lost]);

type SideProps = {
  readonly title: string;
  readonly seen: readonly Seen[];
  /** Place of the first difference. */
  readonly from: number;
  readonly faintFrom: number;
  readonly children?: React.ReactNode;
};

const Side = ({ title, seen, from, faintFrom, children }: SideProps) => {
  const { language } = useTexts();
  return (
    <section className="card fork-side" aria-label={title}>
      <h2>{title}</h2>
      <ol>
        {seen.map((one, at) => (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place; the list never changes
            key={at}
            className={`${at === from ? 'first-difference' : ''} ${(one.revision ?? 0) >= faintFrom ? 'not-compared' : ''}`}
          >
            <span className="seen-row">
              <span className="faint small mono">{clockTime(one.at, language)}</span> <SeenLine seen={one} />
            </span>
          </li>
        ))}
        {children}
      </ol>
    </section>
  );
};
