import type { DialogSettings } from '@dialog/contracts/settings';
import { initialDialog } from '@dialog/domain/state';
import type { Change } from '@dialog/domain/what-if';
import { forkStart, replacedBy } from '@dialog/domain/what-if/answer';
import { type FormEvent, useMemo, useState } from 'react';
import { useNames } from '../../names.tsx';
import { useTexts } from '../../texts/context.tsx';
import type { Texts } from '../../texts/texts.ts';
import { clockTime } from '../../time.ts';
import { type SettingName, settingNames, settingValue } from '../../what-if/setting.ts';
import { SettingValue } from '../../what-if/setting-value.tsx';
import { conversation, messageText, type Turn } from '../conversation.ts';
import { TurnLine } from '../conversation-pane.tsx';
import { changes, factsOf } from '../facts.ts';
import { accountOf, type Step } from '../history.ts';
import { botsOf } from '../own-words.ts';
import type { Pins } from '../pins.ts';
import { type Forked, fork, pinnedOf } from './forked.ts';

type ForkPaneProps = { readonly history: readonly Step[]; readonly at: number; readonly pins: Pins; readonly leave: () => void };

/** "What if": the dialog from one event on with another answer or another setting, beside what was recorded. */
export const ForkPane = ({ history, at, pins, leave }: ForkPaneProps) => {
  const { t, language } = useTexts();
  const pinned = useMemo(() => pinnedOf(pins.all), [pins.all]);
  const events = useMemo(() => history.map(({ event }) => event), [history]);
  const from = useMemo(() => forkStart(events, at), [events, at]);
  const before = history[from - 1];
  const keyboard = before?.state.status === 'live' ? before.state.scriptState.keyboard : null;
  const settings = settingsAt(history, from, pins);
  const replaced = useMemo(() => replacedBy(events, at), [events, at]);
  const [text, setText] = useState('');
  const [button, setButton] = useState('');
  const [setting, setSetting] = useState<SettingName | ''>('');
  const [value, setValue] = useState('');
  const [made, setMade] = useState<Forked>();

  const run = (event: FormEvent): void => {
    event.preventDefault();
    const pressed = keyboard?.find(({ id }) => id === button);
    const change: Change = {
      ...(pressed ? { answer: { button: pressed.id, label: pressed.label } } : text.trim() === '' ? {} : { answer: { text: text.trim() } }),
      ...(setting === '' ? {} : { settings: { [setting]: settingValue(setting, value) } }),
    };
    setMade(fork(history, at, pinned, change));
  };
  if (pins.state !== 'there' && Object.keys(pins.all.scripts).length === 0) {
    return (
      <div className="state">
        <strong>{t.replay.fork.noPins}</strong>
        <button type="button" onClick={leave}>
          {t.replay.fork.leave}
        </button>
      </div>
    );
  }
  return (
    <div className="fork">
      <form className="card fork-form" onSubmit={run} aria-labelledby="fork-heading">
        <div>
          <h2 id="fork-heading">{t.replay.fork.heading(history[at]?.event.revision ?? 0)}</h2>
          <p className="faint small">
            {t.replay.fork.intro} {t.replay.fork.noNetwork}
          </p>
          <p className="small" data-testid="fork-replaces">
            {replaced === undefined ? t.replay.fork.noInput : replacesText(replaced, history, t, language)}
          </p>
        </div>
        <label>
          {t.replay.fork.answer}
          <input type="text" value={text} placeholder={t.replay.fork.answerHint} onChange={(event) => setText(event.target.value)} />
        </label>
        {keyboard === null || keyboard.length === 0 ? null : (
          <label>
            {t.replay.fork.press}
            <select value={button} onChange={(event) => setButton(event.target.value)}>
              <option value="">{t.replay.fork.pressNone}</option>
              {keyboard.map(({ id, label }) => (
                <option key={id} value={id}>
                  {label}
                </option>
              ))}
            </select>
          </label>
        )}
        <label>
          {t.replay.fork.setting}
          <select
            value={setting}
            onChange={(event) => {
              const name = settingNames.find((one) => one === event.target.value) ?? '';
              setSetting(name);
              setValue(name === '' ? '' : String(settings?.[name] ?? ''));
            }}
          >
            <option value="">{t.replay.fork.settingNone}</option>
            {settingNames.map((name) => (
              <option key={name} value={name}>
                {t.replay.fork.settingNames[name] ?? name}
              </option>
            ))}
          </select>
        </label>
        {setting === '' ? null : <SettingValue name={setting} value={value} setValue={setValue} valid />}
        <span className="fork-buttons">
          <button type="submit" className="primary">
            {t.replay.fork.run}
          </button>
          <button type="button" onClick={leave}>
            {t.replay.fork.leave}
          </button>
        </span>
      </form>
      {made === undefined ? null : <SideBySide made={made} history={history} pins={pins} />}
    </div>
  );
};

const replacesText = (
  { of, message }: NonNullable<ReturnType<typeof replacedBy>>,
  history: readonly Step[],
  t: Texts,
  language: string,
): string => {
  const { text, buttons = [] } = messageText(message, t);
  const said = text === '' ? buttons.join(', ') : text;
  return t.replay.fork.replaces(said.length > 80 ? `${said.slice(0, 80)}…` : said, clockTime(history[of]?.metadata?.at ?? 0, language));
};

const SideBySide = ({ made, history, pins }: { readonly made: Forked; readonly history: readonly Step[]; readonly pins: Pins }) => {
  const { t, language } = useTexts();
  const { operator: nameOf } = useNames(accountOf(history));
  const bots = useMemo(() => botsOf(pins.all.settings), [pins.all]);
  const { result, recorded, forked, about, differsFrom } = made;
  const start = recorded[0]?.event.revision ?? (history.at(-1)?.event.revision ?? -1) + 1;
  const before = history.slice(0, result.from);
  const left = useMemo(
    () => conversation([...before, ...recorded], t, { nameOf, bots }).filter((turn) => turn.revision >= start),
    [before, recorded, start, t, nameOf, bots],
  );
  const right = useMemo(
    () => conversation([...before, ...forked], t, { nameOf, bots, recorded }).filter((turn) => turn.revision >= start),
    [before, forked, recorded, start, t, nameOf, bots],
  );
  const base = before.at(-1)?.state ?? initialDialog;
  const differences = changes(
    factsOf(recorded.at(-1)?.state ?? base, t, language, pins.personal, nameOf),
    factsOf(forked.at(-1)?.state ?? base, t, language, pins.personal, nameOf),
  ).filter((fact) => fact.change !== 'none');
  const remarkOf = (turn: Turn): string | undefined => {
    const known = about.get(turn.revision);
    if (known === undefined) return undefined;
    if (known.doubt !== null) return t.replay.fork.diverged[known.doubt];
    return known.origin === 'recorded' || turn.side === 'note' ? undefined : t.replay.fork.origin[known.origin];
  };
  return (
    <div className="fork-result" data-testid="fork-result" data-diverged={differsFrom !== null}>
      <p className="notice" role="status">
        {result.gap !== null
          ? t.replay.fork.gap(`${result.gap.missing} ${result.gap.hash}`)
          : differsFrom === null
            ? t.replay.fork.same
            : t.replay.fork.differsFrom(clockTime(differsFrom, language))}
        {result.skipped > 0 ? ` ${t.replay.fork.skipped(result.skipped)}.` : ''}
      </p>
      <div className="fork-sides">
        <Side title={t.replay.fork.recorded} turns={left} testId="fork-recorded" />
        <Side title={t.replay.fork.forked} turns={right} testId="fork-forked" remarkOf={remarkOf} />
      </div>
      <section className="card fork-facts" aria-labelledby="fork-outcome">
        <h2 id="fork-outcome">{t.replay.fork.outcome}</h2>
        {differences.length === 0 ? (
          <p className="faint">{t.replay.fork.same}</p>
        ) : (
          <table>
            <thead>
              <tr>
                <th scope="col">{t.dialog.state}</th>
                <th scope="col">{t.replay.fork.recorded}</th>
                <th scope="col">{t.replay.fork.forked}</th>
              </tr>
            </thead>
            <tbody>
              {differences.map((fact) => (
                <tr key={fact.key} data-fact={fact.key}>
                  <th scope="row">{fact.label}</th>
                  <td>{fact.before ?? '—'}</td>
                  <td>{fact.text}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
    </div>
  );
};

type SideProps = {
  readonly title: string;
  readonly turns: readonly Turn[];
  readonly testId: string;
  readonly remarkOf?: (turn: Turn) => string | undefined;
};

const Side = ({ title, turns, testId, remarkOf }: SideProps) => {
  const { t } = useTexts();
  return (
    <section className="card fork-side" data-testid={testId} aria-label={title}>
      <h2>{title}</h2>
      {turns.length === 0 ? <p className="faint pad">{t.dialog.noConversation}</p> : null}
      <ol>
        {turns.map((turn) => {
          const remark = remarkOf?.(turn);
          return (
            <li key={turn.key} className={turn.withPeople ? 'with-people' : ''}>
              <TurnLine turn={turn} past />
              {remark === undefined ? null : <span className={`fork-remark ${turn.side}`}>{remark}</span>}
            </li>
          );
        })}
      </ol>
    </section>
  );
};

/** In force at the fork: of the first input decided again, else of the last one before. */
const settingsAt = (history: readonly Step[], from: number, pins: Pins): DialogSettings | undefined => {
  const input = history.slice(from).find(({ opens }) => opens) ?? history.findLast(({ opens }) => opens);
  return input?.event.type === 'InputRecorded' ? pins.all.settings[input.event.data.settings] : undefined;
};
