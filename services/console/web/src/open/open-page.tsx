import { type HistoryFile, parseHistoryFile } from '@dialog/contracts/history-file';
import { type DragEvent, useEffect, useMemo, useState } from 'react';
import type { StoredEvent } from '../../../src/api/schemas.ts';
import { extend } from '../dialog/history.ts';
import { hashesOf, pinsOf } from '../dialog/pins.ts';
import { Replay } from '../dialog/replay.tsx';
import { useTexts } from '../texts/context.tsx';
import { dateTime } from '../time.ts';

/** Above this a browser takes too long to read it as one text, bytes. */
const maxBytes = 256 * 1024 * 1024;

/** A downloaded history, read in this browser only: it asks no server for anything. */
export const OpenPage = () => {
  const { t } = useTexts();
  const [file, setFile] = useState<HistoryFile>();
  const [refused, setRefused] = useState<string>();
  const [over, setOver] = useState(false);
  useEffect(() => {
    document.title = `${t.replay.open.heading} · ${t.title}`;
  }, [t]);

  const take = async (given: File | undefined): Promise<void> => {
    if (given === undefined) return;
    try {
      if (given.size > maxBytes) throw new Error(`${Math.round(given.size / 1_048_576)} MiB`);
      setFile(parseHistoryFile(await given.text()));
      setRefused(undefined);
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error));
    }
  };
  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    void take(event.dataTransfer.files[0]);
  };
  return (
    <section
      className="page dialog"
      aria-labelledby="open-heading"
      onDrop={onDrop}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
    >
      {file === undefined ? (
        <>
          <h1 id="open-heading">{t.replay.open.heading}</h1>
          <div className={`state drop ${over ? 'over' : ''}`}>
            <strong>{t.replay.open.drop}</strong>
            <Choose label={t.replay.open.choose} take={take} />
            <span className="faint">{t.replay.open.hint}</span>
          </div>
        </>
      ) : (
        <Opened file={file} take={take} />
      )}
      {refused === undefined ? null : (
        <p className="state bad" role="alert">
          {t.replay.open.refused(refused)}
        </p>
      )}
    </section>
  );
};

const Opened = ({ file, take }: { readonly file: HistoryFile; readonly take: (file: File | undefined) => Promise<void> }) => {
  const { t, language } = useTexts();
  const history = useMemo(() => extend([], file.events as StoredEvent[]), [file]);
  const pins = useMemo(() => {
    const { scripts, settings } = hashesOf(history);
    const whole = scripts.every((hash) => hash in file.scripts) && settings.every((hash) => hash in file.settings);
    return pinsOf({ scripts: file.scripts, settings: file.settings }, whole ? 'there' : 'missing');
  }, [file, history]);
  const { account, chatId } = file.dialog;
  return (
    <>
      <div className="page-head">
        <h1 id="open-heading">
          {t.dialog.chat(chatId)} <span className="faint">{account}</span>
        </h1>
        <p className="badges">
          <span className="faint">
            {t.replay.open.savedAt(dateTime(file.savedAt, language))}
            {file.erased ? `, ${t.replay.open.erased}` : ''}
          </span>
          <Choose label={t.replay.open.another} take={take} />
        </p>
      </div>
      <Replay key={`${account} ${chatId} ${file.savedAt}`} account={account} chatId={chatId} history={history} path="/open" pins={pins} />
    </>
  );
};

const Choose = ({ label, take }: { readonly label: string; readonly take: (file: File | undefined) => Promise<void> }) => (
  <label className="choose">
    {label}
    <input
      type="file"
      accept=".json,application/json"
      className="hidden"
      onChange={(event) => {
        void take(event.target.files?.[0]);
        event.target.value = '';
      }}
    />
  </label>
);
