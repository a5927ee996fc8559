import { FileFault } from '@dialog/contracts/file-fault';
import type { HistoryFile } from '@dialog/contracts/history-file';
import { type DragEvent, type ReactNode, useEffect, useMemo, useState } from 'react';
import type { StoredEvent } from '../../../src/api/schemas.ts';
import { extend } from '../dialog/history.ts';
import { hashesOf, pinsOf } from '../dialog/pins.ts';
import { Replay } from '../dialog/replay.tsx';
import { useTexts } from '../texts/context.tsx';
import type { Texts } from '../texts/texts.ts';
import { dateTime } from '../time.ts';
import { ChooseHistory } from './choose-history.tsx';
import { type OpenedFile, readFile } from './read-file.ts';

/** A downloaded history, or an export of many, read in this browser only: it asks no server for anything. */
export const OpenPage = () => {
  const { t } = useTexts();
  const [file, setFile] = useState<OpenedFile>();
  const [chosen, setChosen] = useState<HistoryFile>();
  const [refused, setRefused] = useState<unknown>();
  const [over, setOver] = useState(false);
  useEffect(() => {
    document.title = `${t.replay.open.heading} · ${t.title}`;
  }, [t]);

  const take = async (given: File | undefined): Promise<void> => {
    if (given === undefined) return;
    try {
      const read = await readFile(given);
      setFile(read);
      setChosen(read.histories.length === 1 ? read.histories[0] : undefined);
      setRefused(undefined);
    } catch (error) {
      setRefused(error);
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
      ) : chosen === undefined ? (
        <>
          <div className="page-head">
            <h1 id="open-heading">{t.replay.open.many(file.histories.length)}</h1>
            <p className="badges">
              <About file={file} />
              <Choose label={t.replay.open.another} take={take} />
            </p>
          </div>
          <ChooseHistory histories={file.histories} open={setChosen} />
        </>
      ) : (
        <>
          {file.histories.length === 1 ? null : (
            <button type="button" className="back" onClick={() => setChosen(undefined)}>
              {t.replay.open.back}
            </button>
          )}
          <Opened file={chosen} about={<About file={file} />} take={take} />
        </>
      )}
      {refused === undefined ? null : (
        <p className="state bad" role="alert">
          {t.replay.open.refused(faultOf(refused, t))}
        </p>
      )}
    </section>
  );
};

const faultOf = (error: unknown, t: Texts): string => {
  if (!(error instanceof FileFault)) return error instanceof Error ? error.message : String(error);
  const { kind, line, field } = error;
  return [line === undefined ? undefined : t.problem.line(line), field, t.problem.file[kind]]
    .filter((part) => part !== undefined)
    .join(': ');
};

/** When the file was made, and what it lacks. */
const About = ({ file: { histories, pseudonyms, interrupted } }: { readonly file: OpenedFile }) => {
  const { t, language } = useTexts();
  const [first] = histories;
  const words = [
    ...(first === undefined ? [] : [t.replay.open.savedAt(dateTime(first.savedAt, language))]),
    ...(first?.erased === true ? [t.replay.open.erased] : []),
    ...(pseudonyms ? [t.replay.open.pseudonyms] : []),
    ...(interrupted ? [t.replay.open.interrupted] : []),
  ];
  return <span className="faint">{words.join(', ')}</span>;
};

type OpenedProps = {
  readonly file: HistoryFile;
  readonly about: ReactNode;
  readonly take: (file: File | undefined) => Promise<void>;
};

const Opened = ({ file, about, take }: OpenedProps) => {
  const { t } = useTexts();
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
          {about}
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
      accept=".json,.ndjson,application/json,application/x-ndjson"
      className="hidden"
      onChange={(event) => {
        void take(event.target.files?.[0]);
        event.target.value = '';
      }}
    />
  </label>
);
