import { useEffect, useRef, useState } from 'react';
import { useTexts } from '../texts/context.tsx';
import { serverNow } from '../time.ts';
import type { Step } from './history.ts';
import type { Pins } from './pins.ts';

type ActionsProps = {
  readonly account: string;
  readonly chatId: string;
  readonly history: readonly Step[];
  readonly pins: Pins;
  readonly fork: () => void;
  readonly picture: boolean;
  /** undefined: there is no place for it now. */
  readonly togglePicture: (() => void) | undefined;
  readonly help: () => void;
};

/** What can be done with a history. Nothing of it asks a server: what it needs is here. */
export const Actions = ({ account, chatId, history, pins, fork, picture, togglePicture, help }: ActionsProps) => {
  const { t } = useTexts();
  const [said, setSaid] = useState('');
  const [text, setText] = useState<string>();
  const [open, setOpen] = useState(false);
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    if (!open) return;
    const pressed = (event: PointerEvent): void => {
      if (event.target instanceof Node && menu.current?.contains(event.target) !== true) setOpen(false);
    };
    const escaped = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      setOpen(false);
      menu.current?.querySelector('summary')?.focus();
    };
    document.addEventListener('pointerdown', pressed);
    document.addEventListener('keydown', escaped);
    return () => {
      document.removeEventListener('pointerdown', pressed);
      document.removeEventListener('keydown', escaped);
    };
  }, [open]);

  const download = async (erased: boolean): Promise<void> => {
    try {
      const { historyFile, saveAs } = await import('./save.ts');
      const file = historyFile({ account, chatId, history, pinned: pins.all, savedAt: serverNow(), erased });
      saveAs(`${account}-${chatId}.history.json`, JSON.stringify(file));
      setSaid('');
      setOpen(false);
    } catch (error) {
      setSaid(t.replay.downloadFailed(error instanceof Error ? error.message : String(error)));
    }
  };
  const copyTest = async (): Promise<void> => {
    const { recordTest, testText } = await import('@dialog/domain/record-test');
    const personal = pins.personal === 'all' ? allVariables(history) : [...pins.personal];
    const made = testText(
      recordTest(
        history.map(({ event }) => event),
        { name: `${account} ${chatId}`, personal },
      ),
    );
    try {
      await navigator.clipboard.writeText(made);
      setText(undefined);
      setSaid(t.replay.copied);
    } catch {
      setSaid(t.replay.copyHint);
      setText(made);
    }
  };
  return (
    <div className="actions">
      <button type="button" onClick={fork}>
        {t.replay.forkHere}
      </button>
      <button type="button" aria-pressed={picture} disabled={togglePicture === undefined} onClick={togglePicture}>
        {t.replay.picture.name}
      </button>
      <details className="menu" ref={menu} open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{t.replay.actions}</summary>
        <div className="card">
          <button type="button" className="quiet" onClick={() => void download(false)}>
            {t.replay.download}
          </button>
          <button type="button" className="quiet" onClick={() => void download(true)}>
            {t.replay.downloadErased}
          </button>
          <button type="button" className="quiet" onClick={() => void copyTest()}>
            {t.replay.copyTest}
          </button>
          <p role="status" className="small faint">
            {said}
          </p>
          {text === undefined ? null : (
            <textarea aria-label={t.replay.copyTest} readOnly rows={8} value={text} onFocus={(event) => event.currentTarget.select()} />
          )}
        </div>
      </details>
      <button type="button" className="quiet" aria-label={t.replay.help} onClick={help}>
        ?
      </button>
    </div>
  );
};

/** Where it is not known which variables are personal, all of them are. */
const allVariables = (history: readonly Step[]): string[] => [
  ...new Set(history.flatMap(({ event }) => (event.type === 'ScriptAdvanced' ? Object.keys(event.data.variables) : []))),
];
