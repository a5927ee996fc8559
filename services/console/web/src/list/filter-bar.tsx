import { type MouseEvent, useRef, useState } from 'react';
import type { FacetValuesAnswer } from '../../../src/api/schemas.ts';
import { anyProblem, problemNames, stateNames } from '../../../src/read-model/facets.ts';
import { type Names, useNames } from '../names.tsx';
import { useTexts } from '../texts/context.tsx';
import { type Texts, word } from '../texts/texts.ts';
import { dateTime, serverNow } from '../time.ts';
import { type Filter, type FilterName, filterNames, instantOf, localField } from './filter.ts';

type Values = FacetValuesAnswer['values'];
type Chosen = Exclude<FilterName, 'visitor' | 'from' | 'to' | 'text'>;
const first = ['account', 'owner', 'state', 'problem'] as const;
const others = ['flag', 'department', 'operator', 'mark', 'cause', 'script'] as const;
const owners = ['bot', 'queue', 'operator', 'nobody'] as const;
const causes = ['final_close', 'auto_close_timeout', 'abandoned', 'operator_redirect', 'no_operator'] as const;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A value as a person reads it; what is a name already stays. */
export const wordOf = (t: Texts, names: Names, name: FilterName, value: string, language: string): string => {
  switch (name) {
    case 'owner':
      return word(t.owner, value);
    case 'state':
      return word(t.find.state, value);
    case 'problem':
      return word(t.find.problem, value);
    case 'flag':
      return value === 'true' ? t.flag.set : t.flag.notSet;
    case 'cause':
      return capital(word(t.words.cause, value));
    case 'operator':
      return names.operator(value);
    case 'department':
      return names.department(value);
    case 'script':
      return value.slice(0, 8);
    case 'visitor':
      return `${t.find.personHint} ${value.slice(0, 6)}`;
    case 'from':
    case 'to':
      return Number.isNaN(Date.parse(value)) ? value : dateTime(Date.parse(value), language);
    case 'text':
      return language === 'ru' ? `«${value}»` : `“${value}”`;
    default:
      return value;
  }
};

const choices = (name: Chosen, values: Values | undefined, chosen: string | undefined): readonly string[] => {
  const known: readonly string[] =
    name === 'owner'
      ? owners
      : name === 'state'
        ? stateNames
        : name === 'problem'
          ? [anyProblem, ...problemNames]
          : name === 'flag'
            ? ['true', 'false']
            : name === 'cause'
              ? causes
              : (values?.[name] ?? []);
  // A link may ask for what no dialog has any more.
  return chosen === undefined || known.includes(chosen) ? known : [...known, chosen];
};

type BarProps = {
  readonly filter: Filter;
  readonly values: Values | undefined;
  readonly choose: (name: FilterName, value: string | undefined) => void;
  readonly clear: () => void;
  readonly setTimes: (from: string | undefined, to: string | undefined) => void;
};

/** What one asks most stands open, the rest behind a button; what is chosen stands below. */
export const FilterBar = ({ filter, values, choose, clear, setTimes }: BarProps) => {
  const { t, language } = useTexts();
  const names = useNames(filter.account);
  const hiddenOnes = [...others, 'from', 'to'] as const;
  const [open, setOpen] = useState(false);
  const hidden = hiddenOnes.filter((name) => filter[name] !== undefined).length;
  const chosen = filterNames.filter((name) => filter[name] !== undefined);
  const bar = useRef<HTMLDivElement>(null);
  /** What is pressed here goes: the focus moves on to the next of them before, or to the first filter. */
  const moveOn = ({ currentTarget }: MouseEvent<HTMLButtonElement>): void => {
    const buttons = [...(bar.current?.querySelectorAll<HTMLElement>('.chosen-filters button') ?? [])];
    const next = chosen.length > 1 ? buttons[buttons.indexOf(currentTarget) + 1] : undefined;
    (next ?? bar.current?.querySelector('select'))?.focus();
  };
  const hourMs = 3_600_000;
  const since = (ms: number) => () => setTimes(new Date(serverNow() - ms).toISOString(), undefined);
  const select = (name: Chosen) => (
    <select
      key={name}
      data-testid={`filter-${name}`}
      data-on={filter[name] !== undefined}
      aria-label={t.find.label[name]}
      value={filter[name] ?? ''}
      onChange={(event) => choose(name, event.target.value)}
    >
      <option value="">{t.find.any[name]}</option>
      {choices(name, values, filter[name]).map((value) => (
        <option key={value} value={value}>
          {wordOf(t, names, name, value, language)}
        </option>
      ))}
    </select>
  );
  return (
    <div className="filter-bar" ref={bar}>
      <fieldset className="filters">
        <legend className="hidden">{t.list.filters}</legend>
        {first.map(select)}
        <button type="button" aria-expanded={open} aria-controls="more-filters" onClick={() => setOpen(!open)} data-testid="more-filters">
          {t.find.more}
          {hidden > 0 ? <span className="count">{hidden}</span> : null}
        </button>
      </fieldset>
      <fieldset className="filters more-filters" id="more-filters" hidden={!open}>
        <legend className="hidden">{t.find.more}</legend>
        {others.map(select)}
        <div className="times">
          <span className="faint">{t.find.time}</span>
          <button type="button" onClick={since(hourMs)}>
            {t.find.lastHour}
          </button>
          <button type="button" onClick={since(24 * hourMs)}>
            {t.find.lastDay}
          </button>
          <button type="button" onClick={since(7 * 24 * hourMs)}>
            {t.find.lastWeek}
          </button>
          {(['from', 'to'] as const).map((name) => (
            <label key={name}>
              <span>{t.find.label[name]}</span>
              <input
                type="datetime-local"
                data-testid={`filter-${name}`}
                value={localField(filter[name])}
                onChange={(event) => choose(name, instantOf(event.target.value))}
              />
            </label>
          ))}
        </div>
      </fieldset>
      {chosen.length === 0 ? null : (
        <ul className="chosen-filters" aria-label={t.find.chosen}>
          {chosen.map((name) => {
            const what = `${t.find.label[name]}: ${wordOf(t, names, name, filter[name] ?? '', language)}`;
            return (
              <li key={name}>
                <button
                  type="button"
                  className="chosen-filter"
                  data-testid={`chip-${name}`}
                  onClick={(event) => {
                    moveOn(event);
                    choose(name, undefined);
                  }}
                >
                  <span className="hidden">{t.find.remove(what)}</span>
                  <span aria-hidden="true">
                    {what} <span className="cross">×</span>
                  </span>
                </button>
              </li>
            );
          })}
          <li>
            <button
              type="button"
              className="quiet"
              data-testid="clear-filters"
              onClick={(event) => {
                moveOn(event);
                clear();
              }}
            >
              {t.find.clear}
            </button>
          </li>
        </ul>
      )}
    </div>
  );
};
