import { api } from '../api.ts';
import { Empty } from '../frame/states.tsx';
import { useTexts } from '../texts/context.tsx';
import { word } from '../texts/texts.ts';
import { dateTime } from '../time.ts';
import { DialogLink, Listed } from './listed.tsx';
import { useFetched } from './use-fetched.ts';

/** Who did what, why and when. */
export const ActionsList = () => {
  const { t, language } = useTexts();
  const fetched = useFetched(api.audit);
  return (
    <Listed fetched={fetched}>
      {({ actions }) =>
        actions.length === 0 ? (
          <Empty title={t.ops.nothingDone} />
        ) : (
          <article className="card section">
            <ul className="things">
              {actions.map(({ account, action, by, reason, at, chatId, script, place }) => (
                <li key={`${at} ${account} ${action} ${chatId}`} data-testid="acted" data-action={action}>
                  <time dateTime={new Date(at).toISOString()}>{dateTime(at, language)}</time>
                  <span>
                    <strong>{by}</strong> {word(t.ops.action, action)}
                  </span>
                  <span>
                    {chatId === undefined ? <span className="faint">{account}</span> : <DialogLink account={account} chatId={chatId} />}
                    <span className="faint mono"> {script?.slice(0, 12) ?? place ?? ''}</span>
                  </span>
                  <span>{reason}</span>
                </li>
              ))}
            </ul>
          </article>
        )
      }
    </Listed>
  );
};
