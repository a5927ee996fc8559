import type { Message } from '@dialog/contracts/message';
import { initialDialog } from '@dialog/domain/state';
import { useMemo, useState } from 'react';
import { FlagBadge, OwnerBadge } from '../frame/badges.tsx';
import { useNames } from '../names.tsx';
import { useTexts } from '../texts/context.tsx';
import type { Texts } from '../texts/texts.ts';
import { dateTime, delayText } from '../time.ts';
import { messageText } from './conversation.ts';
import { delaysOf, type Sent } from './delays.ts';
import { type ChangedFact, changes, factsOf } from './facts.ts';
import type { Step } from './history.ts';
import type { Link, Links } from './links.ts';
import { masked, type Personal } from './pins.ts';
import { Why } from './why.tsx';
import { marksOf, wording } from './wording.ts';

const groups = ['who', 'script', 'outgoing', 'time'] as const;

type StatePaneProps = {
  readonly account: string | undefined;
  readonly step: Step;
  readonly before: Step | undefined;
  readonly onlyChanges: boolean;
  readonly links: Links;
  readonly sends: ReadonlyMap<string, Sent>;
  readonly wordOf: (revision: number) => Step | undefined;
  readonly personal: Personal;
  readonly choose: (revision: number) => void;
};

/** The state after the chosen event, what it changed marked; how the event came about, and what came of it. */
export const StatePane = ({ account, step, before, onlyChanges, links, sends, wordOf, personal, choose }: StatePaneProps) => {
  const { t, language } = useTexts();
  const { operator } = useNames(account);
  const facts = useMemo(
    () =>
      changes(
        factsOf(before?.state ?? initialDialog, t, language, personal, operator),
        factsOf(step.state, t, language, personal, operator),
      ),
    [step, before, t, language, personal, operator],
  );
  const { event, metadata } = step;
  const shown = onlyChanges ? facts.filter((fact) => fact.change !== 'none') : facts;
  const delays = delaysOf(step, sends);
  return (
    <div className="facts">
      <div>
        <p className="chosen-event">{wording(event, t)}</p>
        {metadata ? <p className="faint small">{dateTime(metadata.at, language)}</p> : null}
      </div>
      <p className="badges">
        <OwnerBadge owner={metadata?.owner ?? null} testId="state-owner" />
        <FlagBadge flag={metadata?.flag ?? false} testId="state-flag" />
        {marksOf(event).map((mark) => (
          <span key={mark} className="badge bad">
            {t.replay.mark[mark]}
          </span>
        ))}
      </p>
      <LinkList label={t.replay.causes} links={links.causes(event.revision)} wordOf={wordOf} choose={choose} />
      <LinkList label={t.replay.consequences} links={links.consequences(event.revision)} wordOf={wordOf} choose={choose} />
      {delays.length === 0 ? null : (
        <section aria-label={t.replay.delays}>
          <h3>{t.replay.delays}</h3>
          <dl>
            {delays.map(({ key, ms }) => (
              <div key={key} className="fact" data-delay={key}>
                <dt>{t.replay.delay[key]}</dt>
                <dd>{delayText(ms, language)}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      {event.type === 'ScriptAdvanced' ? <Why data={event.data} personal={personal} /> : null}
      {shown.length === 0 ? <p className="faint">{t.replay.nothingChanged}</p> : null}
      {groups.map((group) => {
        const lines = shown.filter((fact) => fact.group === group);
        return lines.length === 0 ? null : (
          <section key={group} aria-label={t.fact.groups[group]}>
            <h3>{t.fact.groups[group]}</h3>
            <dl>
              {lines.map((fact) => (
                <FactLine key={fact.key} fact={fact} />
              ))}
            </dl>
          </section>
        );
      })}
      <Json title={t.dialog.eventJson} value={event} personal={personal} />
      <Json title={t.dialog.stateJson} value={step.state} personal={personal} />
    </div>
  );
};

type LinkListProps = {
  readonly label: string;
  readonly links: readonly Link[];
  readonly wordOf: (revision: number) => Step | undefined;
  readonly choose: (revision: number) => void;
};

const LinkList = ({ label, links, wordOf, choose }: LinkListProps) => {
  const { t } = useTexts();
  if (links.length === 0) return null;
  return (
    <section aria-label={label}>
      <h3>{label}</h3>
      <ul className="links">
        {links.map(({ revision, why, message }) => {
          const to = wordOf(revision);
          return (
            <li key={revision}>
              <button type="button" className="link" data-link={revision} onClick={() => choose(revision)}>
                <span className="faint">
                  {revision} · {t.replay.link[why]}
                </span>
                <span>{message !== undefined ? saidIn(message, t) : to === undefined ? '' : wording(to.event, t)}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
};

const saidIn = (message: Message, t: Texts): string => {
  const { text, buttons } = messageText(message, t);
  return `«${buttons === undefined ? text : buttons.join(', ')}»`;
};

/** Made only while open: the whole state of a long dialog is a long text. */
const Json = ({ title, value, personal }: { readonly title: string; readonly value: unknown; readonly personal: Personal }) => {
  const { t } = useTexts();
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{title}</summary>
      {open ? <pre tabIndex={0}>{JSON.stringify(masked(value, personal, t.replay.masked), null, 2)}</pre> : null}
    </details>
  );
};

const FactLine = ({ fact }: { readonly fact: ChangedFact }) => {
  const { t } = useTexts();
  return (
    <div className={`fact ${fact.change}`} data-fact={fact.key}>
      <dt>{fact.label}</dt>
      <dd>
        {fact.change === 'none' ? fact.text : <mark>{fact.text}</mark>}
        {fact.change === 'changed' || fact.change === 'gone' ? (
          <span className="was">
            {t.dialog.before} <s>{fact.before}</s>
          </span>
        ) : null}
      </dd>
    </div>
  );
};
