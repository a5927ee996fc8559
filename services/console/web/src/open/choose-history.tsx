import type { HistoryFile } from '@dialog/contracts/history-file';
import { useMemo, useState } from 'react';
import { useTexts } from '../texts/context.tsx';
import { dateTime } from '../time.ts';

/** Rows that a browser draws at once; the search narrows them. */
const maxRows = 200;

/** The dialogs of an export, to open one. */
export const ChooseHistory = ({
  histories,
  open,
}: {
  readonly histories: readonly HistoryFile[];
  readonly open: (history: HistoryFile) => void;
}) => {
  const { t, language } = useTexts();
  const [wanted, setWanted] = useState('');
  const found = useMemo(
    () => histories.filter(({ dialog }) => `${dialog.account}/${dialog.chatId}`.includes(wanted.trim())),
    [histories, wanted],
  );
  return (
    <>
      <p className="list-tools">
        <input
          type="search"
          value={wanted}
          aria-label={t.replay.open.find}
          placeholder={t.replay.open.find}
          onChange={(event) => setWanted(event.target.value)}
        />{' '}
        <span className="faint">{t.replay.open.found(Math.min(found.length, maxRows), histories.length)}</span>
      </p>
      <div className="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">{t.replay.open.dialog}</th>
              <th scope="col">{t.replay.open.began}</th>
              <th scope="col">{t.replay.open.lastEvent}</th>
              <th scope="col">{t.replay.open.events}</th>
            </tr>
          </thead>
          <tbody>
            {found.slice(0, maxRows).map((history) => {
              const { account, chatId } = history.dialog;
              return (
                <tr key={`${account}/${chatId}`} data-testid="history-row">
                  <th scope="row">
                    <button type="button" onClick={() => open(history)}>
                      {account}/{chatId}
                    </button>
                  </th>
                  <td>{dateTime(timeOf(history.events[0]), language)}</td>
                  <td>{dateTime(timeOf(history.events.at(-1)), language)}</td>
                  <td>{history.events.length}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </>
  );
};

/** The dialog's own time, where its metadata tells it. */
const timeOf = (event: HistoryFile['events'][number] | undefined): number => {
  const { at } = (event?.metadata ?? {}) as { at?: unknown };
  return typeof at === 'number' ? at : (event?.recordedAt ?? 0);
};
