import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import { useSession } from '../access/session.tsx';
import type { Asked } from '../api.ts';
import { useModal } from '../frame/use-modal.ts';
import { useTexts } from '../texts/context.tsx';
import { reasonOf } from '../texts/reason.ts';

export type Action = {
  readonly title: string;
  /** Words on the button that does it. */
  readonly does: string;
  /** Says in lines what it would do, by a dry run. */
  readonly plan: (asked: Asked, text: string) => Promise<readonly string[]>;
  readonly run: (asked: Asked, text: string) => Promise<unknown>;
  /** A text to repair before. */
  readonly edit?: { readonly label: string; readonly value: string };
};

const keptName = 'console.by';

/** Each action says what it will do, asks who and why, and only then does it. */
export const ActionDialog = ({ action, close }: { readonly action: Action; readonly close: (done: boolean) => void }) => {
  const { t } = useTexts();
  const box = useModal();
  // Where people sign in the server names who asks, whatever stands here.
  const { user } = useSession();
  const [by, setBy] = useState(() => user?.name ?? localStorage.getItem(keptName) ?? '');
  const [reason, setReason] = useState('');
  const [text, setText] = useState(action.edit?.value ?? '');
  const [plan, setPlan] = useState<readonly string[]>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    let stale = false;
    const timer = setTimeout(() => {
      action.plan({ by: 'dry run', reason: 'dry run', dryRun: true }, text).then(
        (lines) => {
          if (stale) return;
          setPlan(lines);
          setError(undefined);
        },
        (failed) => {
          if (stale) return;
          setPlan(undefined);
          setError(failed);
        },
      );
    }, 250);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [action, text]);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    localStorage.setItem(keptName, by.trim());
    try {
      await action.run({ by: by.trim(), reason: reason.trim(), dryRun: false }, text);
      close(true);
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };

  return (
    <dialog ref={box} className="action" aria-labelledby="action-title" onClose={() => close(false)} data-testid="action">
      <form onSubmit={(event) => void submit(event)}>
        <h2 id="action-title">{action.title}</h2>
        {action.edit === undefined ? null : (
          <label>
            {action.edit.label}
            <textarea className="mono" rows={10} value={text} spellCheck={false} onChange={(event) => setText(event.target.value)} />
          </label>
        )}
        <div className="plan" role="status" data-testid="plan">
          <h3>{t.ops.ask.will}</h3>
          {plan === undefined ? (
            error === undefined ? (
              <p className="faint">{t.ops.ask.checking}</p>
            ) : null
          ) : (
            <ul>
              {plan.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          )}
        </div>
        <label>
          {t.ops.ask.by}
          <input type="text" required maxLength={200} value={by} onChange={(event) => setBy(event.target.value)} data-testid="by" />
        </label>
        <label>
          {t.ops.ask.reason} <span className="faint">{t.ops.ask.reasonHint}</span>
          <input
            type="text"
            required
            maxLength={2000}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            data-testid="reason"
          />
        </label>
        {error === undefined ? null : (
          <p className="bad-line" role="alert">
            {reasonOf(error, t)}
          </p>
        )}
        <div className="buttons">
          <button type="button" onClick={() => close(false)}>
            {t.ops.ask.cancel}
          </button>
          <button type="submit" className="primary" disabled={busy || plan === undefined} data-testid="do">
            {action.does}
          </button>
        </div>
      </form>
    </dialog>
  );
};

/** One action at a time; `done` is called after one was taken. */
export const useAction = (done: () => void): { readonly start: (action: Action) => void; readonly dialog: ReactNode } => {
  const [action, setAction] = useState<Action>();
  return {
    start: setAction,
    dialog:
      action === undefined ? null : (
        <ActionDialog
          action={action}
          close={(wasDone) => {
            setAction(undefined);
            if (wasDone) done();
          }}
        />
      ),
  };
};
