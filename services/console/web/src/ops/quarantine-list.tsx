import { useState } from 'react';
import { api } from '../api.ts';
import { Empty } from '../frame/states.tsx';
import { useTexts } from '../texts/context.tsx';
import { word } from '../texts/texts.ts';
import { age, dayAndTime, useNow } from '../time.ts';
import { ActButton } from './act-button.tsx';
import { type Action, useAction } from './action-dialog.tsx';
import { feedOf } from './actions.ts';
import { Listed } from './listed.tsx';
import { useFetched } from './use-fetched.ts';

type Place = { readonly partition: number; readonly offset: number };

const Body = ({ partition, offset, start }: Place & { readonly start: (action: Action) => void }) => {
  const { t } = useTexts();
  const fetched = useFetched((signal) => api.quarantined(partition, offset, signal), `${partition}/${offset}`);
  return (
    <Listed fetched={{ ...fetched, value: fetched.value === undefined ? undefined : { ...fetched.value, now: 0 } }}>
      {({ body, bodyBase64, reads, fed }) => (
        <div className="records" data-testid="quarantine-body">
          {body === null ? <p className="faint">{t.ops.notText}</p> : null}
          <pre tabIndex={0}>{body ?? bodyBase64}</pre>
          <p>
            {'refused' in reads
              ? t.ops.stillRefused(word(t.ops.verdict, reads.refused))
              : t.ops.readsAs(word(t.words.input, reads.type), reads.chatId)}
          </p>
          {fed === null ? <ActButton act={() => start(feedOf(t, partition, offset, body))}>{t.ops.feed}</ActButton> : null}
        </div>
      )}
    </Listed>
  );
};

/** Webhooks that the door could not take. */
export const QuarantineList = () => {
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
              <ul className="things">
                {records.map(({ partition, offset, account, verdict, event, bytes, truncated, receivedAt, fed }) => {
                  const key = `${partition}/${offset}`;
                  return (
                    <li key={key} data-testid="quarantined" data-place={key} data-fed={fed !== null}>
                      <strong>{account}</strong>
                      <span className="badge warn">{word(t.ops.verdict, verdict)}</span>
                      <span>{age(now - receivedAt, language)}</span>
                      <span className="faint">
                        {[event, `${bytes} B`, truncated ? t.ops.truncated : null].filter((part) => part !== null).join(' · ')}
                      </span>
                      <span>{fed === null ? '' : t.ops.fedBy(fed.by, dayAndTime(fed.at, language))}</span>
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
