import { defaultRangeExtractor, type Range, useVirtualizer } from '@tanstack/react-virtual';
import { memo, useCallback, useEffect, useMemo, useRef } from 'react';
import { useNames } from '../names.tsx';
import { useTexts } from '../texts/context.tsx';
import type { Texts } from '../texts/texts.ts';
import { clockTime, dayText } from '../time.ts';
import { conversation, type Turn } from './conversation.ts';
import { accountOf, type Step } from './history.ts';
import { intoSight } from './into-sight.ts';
import { usePrinting } from './use-printing.ts';

const peopleText = {
  unknown: (t: Texts) => t.dialog.peopleUnseen,
  partial: (t: Texts) => t.dialog.peoplePartial,
  imported: (t: Texts) => t.dialog.peopleImported,
};

type ConversationProps = {
  readonly history: readonly Step[];
  readonly chosen: number;
  /** Ids of the bot among operators. */
  readonly bots: ReadonlySet<string>;
  readonly choose: (revision: number) => void;
};

/** The conversation up to the chosen event at full strength, what comes later faded. */
export const ConversationPane = memo(({ history, chosen, bots, choose }: ConversationProps) => {
  const { t, language } = useTexts();
  const { operator } = useNames(accountOf(history));
  const turns = useMemo(() => conversation(history, t, { nameOf: operator, bots }), [history, t, operator, bots]);
  const box = useRef<HTMLDivElement>(null);
  const keyOf = useCallback((index: number) => turns[index]?.key ?? index, [turns]);
  const isPrinting = usePrinting();
  const list = useVirtualizer({
    count: turns.length,
    getScrollElement: () => box.current,
    estimateSize: () => 72,
    overscan: 12,
    getItemKey: keyOf,
    rangeExtractor: isPrinting ? allOf : defaultRangeExtractor,
    // Of the list, not of its box: what the list does not know of it would cut off the last line.
    paddingStart: 10,
    paddingEnd: 10,
    initialRect: { width: 400, height: 600 },
  });
  const now = useMemo(() => turns.findLastIndex((turn) => turn.revision <= chosen), [turns, chosen]);
  useEffect(() => {
    if (now >= 0) intoSight(list, now, 'auto');
  }, [list, now]);
  if (turns.length === 0) return <p className="faint pad">{t.dialog.noConversation}</p>;
  const shown = list.getVirtualItems();
  return (
    <div className="turns" ref={box} tabIndex={0} role="group" aria-label={t.dialog.conversation}>
      <div style={isPrinting ? {} : { height: list.getTotalSize() }}>
        <ol style={isPrinting ? {} : { transform: `translateY(${shown[0]?.start ?? 0}px)` }}>
          {shown.map((item) => {
            const turn = turns[item.index];
            return turn === undefined ? null : (
              <li
                key={item.key}
                data-index={item.index}
                ref={list.measureElement}
                aria-posinset={item.index + 1}
                aria-setsize={turns.length}
                className={turn.withPeople ? 'with-people' : ''}
              >
                {beginsDay(turns, item.index) ? (
                  <time className="day" dateTime={new Date(turn.at ?? 0).toISOString()}>
                    {dayText(turn.at ?? 0, language)}
                  </time>
                ) : null}
                <TurnLine turn={turn} past={turn.revision <= chosen} choose={choose} />
              </li>
            );
          })}
        </ol>
      </div>
    </div>
  );
});

/** Paper does not scroll: nothing is left out of it. */
const allOf = ({ count }: Range): number[] => Array.from({ length: count }, (_, index) => index);

/** Whether it is the first of its day here, by the reader's calendar: its time alone would not tell. */
const beginsDay = (turns: readonly Turn[], index: number): boolean => {
  const at = turns[index]?.at ?? null;
  if (at === null) return false;
  let before = index - 1;
  while (before >= 0 && turns[before]?.at === null) before--;
  const known = turns[before]?.at ?? null;
  return known === null || new Date(known).toDateString() !== new Date(at).toDateString();
};

export const TurnLine = memo(
  ({ turn, past, choose }: { readonly turn: Turn; readonly past: boolean; readonly choose?: (revision: number) => void }) => {
    const { t, language } = useTexts();
    if (turn.side === 'note') {
      return (
        <div className={`note ${past ? '' : 'future'}`}>
          <span>{turn.text}</span>
          {turn.opensUnseen === undefined ? null : (
            <span className="unseen" data-operator-messages={turn.opensUnseen}>
              {peopleText[turn.opensUnseen](t)}
            </span>
          )}
        </div>
      );
    }
    return (
      <div className={`turn ${turn.side} ${past ? '' : 'future'} ${turn.undelivered ? 'undelivered' : ''}`}>
        <span className="who">
          {t.who[turn.side]}
          {turn.at === null ? null : <time dateTime={new Date(turn.at).toISOString()}>{clockTime(turn.at, language)}</time>}
        </span>
        <Bubble turn={turn} choose={choose} />
        {turn.remark === undefined ? null : <span className="remark">{turn.remark}</span>}
      </div>
    );
  },
);

const Bubble = ({ turn, choose }: { readonly turn: Turn; readonly choose: ((revision: number) => void) | undefined }) => {
  const content = (
    <>
      {turn.text === '' ? null : <span>{turn.text}</span>}
      {turn.buttons ? (
        <span className="keys">
          {turn.buttons.map((button) => (
            <bdi key={button} className="key">
              {button}
            </bdi>
          ))}
        </span>
      ) : null}
    </>
  );
  return choose === undefined ? (
    <div className="bubble">{content}</div>
  ) : (
    <button type="button" className="bubble" onClick={() => choose(turn.revision)}>
      {content}
    </button>
  );
};
