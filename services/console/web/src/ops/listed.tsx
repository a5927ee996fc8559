import type { ReactNode } from 'react';
import { Failed, Loading } from '../frame/states.tsx';
import { Link } from '../router.tsx';
import { useTexts } from '../texts/context.tsx';
import { dayAndTime } from '../time.ts';
import type { Fetched } from './use-fetched.ts';

/** A list as it was last told: while nothing newer comes it says as of when it is, and while histories are still being read that it isn't all. */
export const Listed = <T extends { readonly now: number; readonly caughtUp?: boolean }>({
  fetched,
  innerTells = false,
  children,
}: {
  readonly fetched: Fetched<T>;
  /** Whether it is all, a list within it says. */
  readonly innerTells?: boolean;
  readonly children: (value: T) => ReactNode;
}) => {
  const { t, language } = useTexts();
  const { value, error, again } = fetched;
  return (
    <>
      {error === undefined ? null : <Failed error={error} again={again} />}
      {error !== undefined && value !== undefined ? (
        <p className="notice" role="status">
          {t.ops.asOf(dayAndTime(value.now, language))}
        </p>
      ) : null}
      {value?.caughtUp === false && !innerTells ? (
        <p className="notice" role="status" data-testid="still-reading">
          {t.ops.stillReading}
        </p>
      ) : null}
      {value === undefined ? error === undefined ? <Loading /> : null : children(value)}
    </>
  );
};

export const DialogLink = ({
  account,
  chatId,
  revision,
}: {
  readonly account: string;
  readonly chatId: string;
  readonly revision?: number;
}) => (
  <Link to={`/dialogs/${account}/${chatId}${revision === undefined ? '' : `?rev=${revision}`}`} className="to-dialog">
    <strong>{chatId}</strong> <span className="faint">{account}</span>
  </Link>
);
