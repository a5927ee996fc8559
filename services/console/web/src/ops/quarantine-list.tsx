import { Fragment, useState } from 'react';
import type { QuarantineList } from '../../../src/api/quarantine.ts';
import { api } from '../api.ts';
import { Empty } from '../frame/states.tsx';
import { useTexts } from '../texts/context.tsx';
import { word } from '../texts/texts.ts';
import { age, dayAndTime, useNow } from '../time.ts';
import { ActButton } from './act-button.tsx';
import { type Action, useAction } from './action-dialog.tsx';
import { feedAllOf, feedOf, skipQuarantinedOf } from './actions.ts';
import { Listed } from './listed.tsx';
import { useFetched } from './use-fetched.ts';

type Place = { readonly partition: number; readonly offset: number };

const Body = ({ partition, offset, start }: Place & { readonly start: (action: Action) => void }) => {
  const { t } = useTexts();
  const fetched = useFetched((signal) => api.quarantined(partition, offset, signal), `${partition}/${offset}`);
  return (
    <Listed fetched={{ ...fetched, value: fetched.value === undefined ? undefined : { ...fetched.value, now: 0 } }}>
      {({ body, bodyBase64, reads, fed, skipped }) => (
        <div className="records" data-testid="quarantine-body">
          {body === null ? <p className="faint">{t.ops.notText}</p> : null}
          <pre tabIndex={0}>{body ?? bodyBase64}</pre>
          <p>
            {'refused' in reads
              ? t.ops.stillRefused(word(t.ops.verdict, reads.refused))
              : t.ops.readsAs(word(t.words.input, reads.type), reads.chatId)}
          </p>
          {skipped === null ? null : <p>{t.ops.skippedBecause(skipped.reason)}</p>}
          {fed === null ? (
            <span className="buttons">
              <ActButton act={() => start(feedOf(t, partition, offset, body))}>{t.ops.feed}</ActButton>
              {skipped === null ? (
                <ActButton act={() => start(skipQuarantinedOf(t, `${t.ops.skip}: ${partition}/${offset}`, [`${partition}/${offset}`]))}>
                  {t.ops.skip}
                </ActButton>
              ) : null}
            </span>
          ) : null}
        </div>
      )}
    </Listed>
  );
};

/** Of a verdict that several have with which nothing was done yet, all can be given to the engine or skipped at once. */
const Classes = ({ records, start }: { readonly records: QuarantineList['records']; readonly start: (action: Action) => void }) => {
  const { t } = useTexts();
  const open = records.filter(({ fed, skipped }) => fed === null && skipped === null);
  const classes = [...new Set(open.map(({ verdict }) => verdict))].flatMap((verdict) => {
    const places = open.filter((one) => one.verdict === verdict).map(({ partition, offset }) => `${partition}/${offset}`);
    return places.length < 2 ? [] : [{ verdict, places }];
  });
  if (classes.length === 0) return null;
  return (
    <div className="buttons" data-testid="quarantine-classes">
      {classes.map(({ verdict, places }) => {
        const named = word(t.ops.verdict, verdict);
        const [feed, skip] = [t.ops.feedVerdict(named, places.length), t.ops.skipVerdict(named, places.length)];
        return (
          <Fragment key={verdict}>
            <ActButton act={() => start(feedAllOf(t, feed, places))}>{feed}</ActButton>
            <ActButton act={() => start(skipQuarantinedOf(t, skip, places))}>{skip}</ActButton>
          </Fragment>
        );
      })}
    </div>
  );
};

/** Webhooks that the door could not take. */
export const QuarantinePage = () => {
  const { t, language } = useTexts();
  const now = useNow();
  const fetched = useFetched(api.quarantine);
  const [looked, setLooked] = useState<string>();
  const { start, dialog } = useAction(fetched.again);
  return (
    <Listed fetched={fetched}>
      {({ records }) => (
        <>
          {records.length === 0 ? (
            <Empty title={t.ops.nothingQuarantined} hint={t.ops.nothingQuarantinedHint} />
          ) : (
            <article className="card section">
              <Classes records={records} start={start} />
              <ul className="things">
                {records.map(({ partition, offset, account, verdict, event, bytes, truncated, receivedAt, fed, skipped }) => {
                  const key = `${partition}/${offset}`;
                  return (
                    <li key={key} data-testid="quarantined" data-place={key} data-fed={fed !== null} data-skipped={skipped !== null}>
                      <strong>{account}</strong>
                      <span className="badge warn">{word(t.ops.verdict, verdict)}</span>
                      <span>{age(now - receivedAt, language)}</span>
                      <span className="faint">
                        {[event, `${bytes} B`, truncated ? t.ops.truncated : null].filter((part) => part !== null).join(' · ')}
                      </span>
                      <span>
                        {fed !== null
                          ? t.ops.fedBy(fed.by, dayAndTime(fed.at, language))
                          : skipped !== null
                            ? t.ops.skippedBy(skipped.by, dayAndTime(skipped.at, language))
                            : ''}
                      </span>
                      <span className="buttons">
                        <button type="button" aria-expanded={looked === key} onClick={() => setLooked(looked === key ? undefined : key)}>
                          {t.ops.look}
                        </button>
                      </span>
                      {looked === key ? <Body partition={partition} offset={offset} start={start} /> : null}
                    </li>
                  );
                })}
              </ul>
            </article>
          )}
          {dialog}
        </>
      )}
    </Listed>
  );
};
