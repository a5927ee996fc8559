import { type FormEvent, useEffect, useState } from 'react';
import type { WhatIfState } from '../../../src/api/what-if.ts';
import { ApiError, api } from '../api.ts';
import { type Filter, filterNames, localField, parseFilter } from '../list/filter.ts';
import { wordOf } from '../list/filter-bar.tsx';
import { useNames } from '../names.tsx';
import { go, usePlace } from '../router.tsx';
import { useTexts } from '../texts/context.tsx';
import { reasonOf } from '../texts/reason.ts';
import { type Texts, word } from '../texts/texts.ts';
import { Differing } from './differing.tsx';
import { OneDialog } from './one-dialog.tsx';
import { type Only, onlyNames } from './only.ts';
import { type SettingName, settingChoices, settingNames, settingValue } from './setting.ts';
import { SettingValue } from './setting-value.tsx';
import { TotalsTable } from './totals-table.tsx';

const pollMs = 400;
const shown = new Set(['account', 'from', 'to', 'text']);

/** Another script or setting tried on many recorded dialogs; the try and the dialog looked at stand in the address. */
export const WhatIfPage = () => {
  const { t } = useTexts();
  const { query } = usePlace();
  const id = query.get('try');
  const [account, chatId] = (query.get('dialog') ?? '').split('/');
  const [state, setState] = useState<WhatIfState>();
  const [refused, setRefused] = useState<string>();
  const only = onlyNames.find((one) => one === query.get('only'));
  const choose = (changed: Only | undefined): void => {
    const to = new URLSearchParams(query);
    if (changed === undefined) to.delete('only');
    else to.set('only', changed);
    go(`/what-if?${to}`, 'replace');
  };
  const running = state?.id === id && state.state === 'running';
  useEffect(() => {
    document.title = `${t.whatIf.heading} · ${t.title}`;
  }, [t]);
  useEffect(() => {
    if (id === null) return setState(undefined);
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = (): void => {
      api.whatIf(id, abort.signal).then(
        (now) => {
          setRefused(undefined);
          setState(now);
          if (now.state === 'running') timer = setTimeout(look, pollMs);
        },
        (error: unknown) => {
          if (abort.signal.aborted) return;
          setRefused(reasonOf(error, t));
          // A console that does not answer for a moment still tries; one that has forgotten the try says so.
          if (isForAMoment(error)) timer = setTimeout(look, pollMs * 5);
        },
      );
    };
    look();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [id]);

  if (id !== null && account !== undefined && chatId !== undefined) return <OneDialog id={id} account={account} chatId={chatId} />;
  const known = state?.id === id ? state : undefined;
  return (
    <section className="page what-if" aria-labelledby="what-if-heading">
      <div className="page-head">
        <h1 id="what-if-heading">{t.whatIf.heading}</h1>
        <p className="faint">{t.whatIf.intro}</p>
      </div>
      <Choice filter={parseFilter(query)} busy={running} onRefused={setRefused} />
      {refused === undefined ? null : (
        <p className="state bad" role="alert">
          {t.whatIf.refused(refused)}
        </p>
      )}
      {known === undefined ? null : (
        <section className="card what-if-state" aria-live="polite" data-testid="what-if-state" data-state={known.state}>
          <p>
            <strong>{word(t.whatIf.state, known.state)}</strong> {t.whatIf.progress(known.totals.dialogs, known.chosen)}
          </p>
          <p className="faint" data-testid="what-if-tried">
            {t.whatIf.tried(triedText(known, t))}
          </p>
          <progress
            aria-label={word(t.whatIf.state, known.state)}
            max={known.chosen ?? 1}
            value={known.chosen === null ? 0 : known.totals.dialogs}
          />
          {known.state === 'running' ? (
            <button type="button" onClick={() => void api.cancelWhatIf(known.id).catch(() => undefined)}>
              {t.whatIf.cancel}
            </button>
          ) : null}
        </section>
      )}
      {known === undefined ? null : (
        <TotalsTable totals={known.totals} only={only} choose={known.state === 'running' || known.listed === 0 ? undefined : choose} />
      )}
      {known === undefined || known.state === 'running' ? null : <Differing key={known.id} state={known} only={only} />}
    </section>
  );
};

const isForAMoment = (error: unknown): boolean => !(error instanceof ApiError) || error.status === 0 || error.status >= 500;

/** What a try tries: also where its link was sent by somebody else. */
const triedText = ({ script, settings }: WhatIfState, t: Texts): string =>
  [
    ...(script === null ? [] : [`${t.find.label.script} ${script.slice(0, 12)}`]),
    ...Object.entries(settings ?? {}).map(([name, value]) => `${t.replay.fork.settingNames[name] ?? name}: ${String(value)}`),
  ].join(', ');

type ChoiceProps = { readonly filter: Filter; readonly busy: boolean; readonly onRefused: (why: string | undefined) => void };

const Choice = ({ filter, busy, onRefused }: ChoiceProps) => {
  const { t, language } = useTexts();
  const [accounts, setAccounts] = useState<readonly string[]>([]);
  const [versions, setVersions] = useState<readonly string[]>([]);
  const [version, setVersion] = useState('');
  const [account, setAccount] = useState(filter.account ?? '');
  const [from, setFrom] = useState(localField(filter.from));
  const [to, setTo] = useState(localField(filter.to));
  const [text, setText] = useState(filter.text ?? '');
  const [source, setSource] = useState('');
  const [setting, setSetting] = useState<SettingName | ''>('');
  const [value, setValue] = useState('');
  useEffect(() => {
    const abort = new AbortController();
    api.values(abort.signal).then(
      ({ values }) => {
        setAccounts(values.account);
        setVersions(values.script);
      },
      () => undefined,
    );
    return () => abort.abort();
  }, []);
  const others = filterNames.flatMap((name) => (filter[name] === undefined || shown.has(name) ? [] : [[name, filter[name]] as const]));
  const names = useNames(filter.account);
  const run = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    onRefused(undefined);
    const choose = {
      ...Object.fromEntries(others),
      ...(account === '' ? {} : { account }),
      ...(from === '' ? {} : { from: new Date(from).toISOString() }),
      ...(to === '' ? {} : { to: new Date(to).toISOString() }),
      ...(text.trim() === '' ? {} : { text: text.trim() }),
    };
    try {
      const { id } = await api.startWhatIf({
        choose,
        ...(source.trim() === '' ? {} : { source }),
        ...(source.trim() !== '' || version === '' ? {} : { script: version }),
        ...(setting === '' ? {} : { settings: { [setting]: settingValue(setting, value) } }),
      });
      go(`/what-if?${new URLSearchParams({ ...choose, try: id })}`);
    } catch (error) {
      onRefused(reasonOf(error, t));
    }
  };
  return (
    <form className="card fork-form what-if-form" onSubmit={(event) => void run(event)}>
      <h2>{t.whatIf.choose}</h2>
      <label>
        {t.whatIf.account}
        <select value={account} onChange={(event) => setAccount(event.target.value)}>
          <option value="">{t.whatIf.all}</option>
          {[...new Set([...accounts, ...(account === '' ? [] : [account])])].map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <label>
        {t.whatIf.from}
        <input type="datetime-local" value={from} onChange={(event) => setFrom(event.target.value)} />
      </label>
      <label>
        {t.whatIf.to}
        <input type="datetime-local" value={to} onChange={(event) => setTo(event.target.value)} />
      </label>
      <label>
        {t.whatIf.words}
        <input type="text" value={text} maxLength={200} onChange={(event) => setText(event.target.value)} />
      </label>
      {others.length === 0 ? null : (
        <p className="faint small wide">
          {t.whatIf.alsoChosen(others.map(([name, of]) => `${t.find.label[name]}: ${wordOf(t, names, name, of, language)}`).join(', '))}
        </p>
      )}
      <label className="wide">
        {t.whatIf.script}
        <textarea
          className="mono"
          rows={6}
          spellCheck={false}
          placeholder={t.whatIf.scriptHint}
          value={source}
          onChange={(event) => setSource(event.target.value)}
        />
      </label>
      <label className="choose">
        {t.whatIf.file}
        <input
          type="file"
          accept=".yaml,.yml,.json"
          className="hidden"
          onChange={(event) => {
            const file = event.target.files?.[0];
            event.target.value = '';
            if (file !== undefined) void file.text().then(setSource, (error: unknown) => onRefused(String(error)));
          }}
        />
      </label>
      <label>
        {t.whatIf.version}
        <select value={version} disabled={source.trim() !== ''} onChange={(event) => setVersion(event.target.value)}>
          <option value="">{t.whatIf.noVersion}</option>
          {versions.map((one) => (
            <option key={one} value={one}>
              {one.slice(0, 12)}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t.replay.fork.setting}
        <select
          value={setting}
          onChange={(event) => {
            const name = settingNames.find((one) => one === event.target.value) ?? '';
            setSetting(name);
            setValue(name === '' ? '' : (settingChoices[name]?.[0] ?? ''));
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
      {setting === '' ? null : <SettingValue name={setting} value={value} setValue={setValue} />}
      <button type="submit" className="primary" disabled={busy || (source.trim() === '' && version === '' && setting === '')}>
        {t.whatIf.run}
      </button>
    </form>
  );
};
