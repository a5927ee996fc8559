import type { StuckReport, WaitingReport } from '../../../src/api/work.ts';
import { api } from '../api.ts';
import { OwnerBadge } from '../frame/badges.tsx';
import { Empty } from '../frame/states.tsx';
import { useTexts } from '../texts/context.tsx';
import { word } from '../texts/texts.ts';
import { age, dayAndTime, useNow } from '../time.ts';
import { ActButton } from './act-button.tsx';
import { useAction } from './action-dialog.tsx';
import { releaseOf, switchOf } from './actions.ts';
import { DialogLink, Listed } from './listed.tsx';
import { useFetched } from './use-fetched.ts';

type Stuck = StuckReport['dialogs'][number];

const Tried = ({ head }: { readonly head: Stuck['head'] }) => {
  const { t, language } = useTexts();
  if (head === null) return <span>—</span>;
  const { kind, attempt, code, why, notBefore } = head;
  return (
    <span>
      {word(t.words.effect, kind)}
      <span className="faint">
        {attempt > 1 ? `, ${t.ops.attempt(attempt)}` : ''}
        {code !== null || why !== null ? `, ${code ?? word(t.words.outcome, why)}` : ''}
        {notBefore === null ? '' : `, ${t.ops.nextTry(dayAndTime(notBefore, language))}`}
      </span>
    </span>
  );
};

/** By cause, the gravest first, each with what to press. */
export const StuckList = () => {
  const { t, language } = useTexts();
  const now = useNow();
  const fetched = useFetched(api.stuck);
  const { start, dialog } = useAction(fetched.again);
  return (
    <Listed fetched={fetched}>
      {({ causes, dialogs, caughtUp }) => (
        <>
          {causes.length === 0 && caughtUp ? <Empty title={t.ops.nothingStuck} hint={t.ops.nothingStuckHint} /> : null}
          {[...new Set(['parked', 'in_doubt', 'circuit_open', 'close_overdue', 'no_progress', 'queue_too_long'])].flatMap((cause) => {
            const found = causes.find((one) => one.cause === cause);
            if (found === undefined) return [];
            const shown = dialogs.filter((one) => one.cause === cause);
            return [
              <article key={cause} className="card section" data-testid="cause" data-cause={cause} data-count={found.count}>
                <header>
                  <h2>
                    {word(t.ops.cause, cause)} <span className="badge">{found.count.toLocaleString(language)}</span>
                  </h2>
                  <p className="faint">{word(t.ops.press, cause)}</p>
                </header>
                <ul className="things">
                  {shown.map((one) => (
                    <li key={`${one.account}/${one.chatId}`} data-testid="stuck" data-chat={one.chatId}>
                      <DialogLink account={one.account} chatId={one.chatId} />
                      <OwnerBadge owner={one.owner} />
                      <span>{age(now - one.since, language)}</span>
                      <span>{one.reason === null ? '' : word(t.ops.reason, one.reason)}</span>
                      <Tried head={one.head} />
                      <span className="buttons">
                        {one.parked ? <ActButton act={() => start(releaseOf(t, one.account, one.chatId))}>{t.ops.retry}</ActButton> : null}
                        {!one.parked && one.owner === 'bot' ? (
                          <ActButton act={() => start(switchOf(t, 'stop', { account: one.account, chatId: one.chatId }))}>
                            {t.ops.stopDialog}
                          </ActButton>
                        ) : null}
                      </span>
                    </li>
                  ))}
                  {found.count > shown.length ? <li className="faint">{t.ops.more(found.count - shown.length)}</li> : null}
                </ul>
              </article>,
            ];
          })}
          {dialog}
        </>
      )}
    </Listed>
  );
};

/** What is on its way or waits, longest first. */
export const WaitingList = () => {
  const { t, language } = useTexts();
  const now = useNow();
  const fetched = useFetched<WaitingReport>(api.waiting);
  return (
    <Listed fetched={fetched}>
      {({ dialogs, count, caughtUp }) =>
        dialogs.length === 0 ? (
          caughtUp && <Empty title={t.ops.nothingWaits} />
        ) : (
          <article className="card section">
            <ul className="things">
              {dialogs.map((one) => (
                <li key={`${one.account}/${one.chatId}`} data-testid="waiting" data-chat={one.chatId}>
                  <DialogLink account={one.account} chatId={one.chatId} />
                  <OwnerBadge owner={one.owner} />
                  <span>{age(now - one.since, language)}</span>
                  <span>{t.ops.queueOf(one.openEffects, one.waitingMessages)}</span>
                  <Tried head={one.head} />
                </li>
              ))}
              {count > dialogs.length ? <li className="faint">{t.ops.more(count - dialogs.length)}</li> : null}
            </ul>
          </article>
        )
      }
    </Listed>
  );
};
