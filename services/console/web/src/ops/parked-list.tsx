import { useState } from 'react';
import { useMay } from '../access/session.tsx';
import { api } from '../api.ts';
import { Empty } from '../frame/states.tsx';
import { Link } from '../router.tsx';
import { useTexts } from '../texts/context.tsx';
import { word } from '../texts/texts.ts';
import { age, useNow } from '../time.ts';
import { ActButton } from './act-button.tsx';
import { type Action, useAction } from './action-dialog.tsx';
import { releaseClassOf, releaseOf } from './actions.ts';
import { DialogLink, Listed } from './listed.tsx';
import { useFetched } from './use-fetched.ts';

const Records = ({
  account,
  chatId,
  start,
}: {
  readonly account: string;
  readonly chatId: string;
  readonly start: (action: Action) => void;
}) => {
  const { t } = useTexts();
  const fetched = useFetched((signal) => api.parkedRecords(account, chatId, signal), `${account}/${chatId}`);
  return (
    <Listed fetched={fetched}>
      {({ records }) => (
        <ol className="records">
          {records.map(({ place, reason, attempts, value }) => (
            <li key={place} data-testid="parked-record">
              <div className="record-head">
                <span className="mono">{place}</span>
                <span className="faint">
                  {word(t.ops.reason, reason)}
                  {attempts > 1 ? `, ${t.ops.attempt(attempts)}` : ''}
                </span>
                <span className="buttons">
                  <ActButton act={() => start(releaseOf(t, account, chatId, { skip: [place] }))}>{t.ops.skip}</ActButton>
                  {value === null ? null : (
                    <ActButton act={() => start(releaseOf(t, account, chatId, { edit: { place, value } }))}>{t.ops.edit}</ActButton>
                  )}
                </span>
              </div>
              <pre tabIndex={0}>{value ?? t.ops.tombstone}</pre>
            </li>
          ))}
        </ol>
      )}
    </Listed>
  );
};

/** Parked dialogs by the reason for which they stopped. */
export const ParkedList = () => {
  const { t, language } = useTexts();
  const now = useNow();
  const fetched = useFetched(api.parked);
  const [looked, setLooked] = useState<string>();
  const mayLook = useMay('operator');
  const { start, dialog } = useAction(fetched.again);
  return (
    <Listed fetched={fetched}>
      {({ dialogs, caughtUp }) => (
        <>
          {dialogs.length === 0 && caughtUp ? <Empty title={t.ops.nothingParked} hint={t.ops.nothingParkedHint} /> : null}
          {[...new Set(dialogs.map(({ reason }) => reason))].map((reason) => {
            const own = dialogs.filter((one) => one.reason === reason);
            return (
              <article key={reason} className="card section" data-testid="parked-class" data-reason={reason}>
                <header>
                  <h2>
                    {word(t.ops.reason, reason)} <span className="badge">{own.length}</span>
                  </h2>
                  <span className="buttons">
                    <ActButton act={() => start(releaseClassOf(t, reason, false))}>{t.ops.retryAll}</ActButton>
                    <ActButton act={() => start(releaseClassOf(t, reason, true))}>{t.ops.skipFirst}</ActButton>
                  </span>
                </header>
                <ul className="things">
                  {own.map(({ account, chatId, records, oldestAppendedAt }) => {
                    const key = `${account}/${chatId}`;
                    return (
                      <li key={key} data-testid="parked" data-chat={chatId}>
                        {chatId.startsWith('v:') ? (
                          <Link to={`/?account=${account}&visitor=${chatId.slice(2)}`} className="to-dialog">
                            <strong>{t.ops.keptOfPerson}</strong> <span className="faint">{account}</span>
                          </Link>
                        ) : (
                          <DialogLink account={account} chatId={chatId} />
                        )}
                        <span>{age(now - oldestAppendedAt, language)}</span>
                        <span>{t.ops.records(records)}</span>
                        <span className="buttons">
                          {mayLook ? (
                            <button
                              type="button"
                              aria-expanded={looked === key}
                              onClick={() => setLooked(looked === key ? undefined : key)}
                            >
                              {t.ops.look}
                            </button>
                          ) : null}
                          <ActButton act={() => start(releaseOf(t, account, chatId))}>{t.ops.retry}</ActButton>
                        </span>
                        {looked === key ? <Records account={account} chatId={chatId} start={start} /> : null}
                      </li>
                    );
                  })}
                </ul>
              </article>
            );
          })}
          {dialog}
        </>
      )}
    </Listed>
  );
};
