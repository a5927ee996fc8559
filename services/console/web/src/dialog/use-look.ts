import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { go, usePlace } from '../router.tsx';
import { type Look, lookQuery, parseLook } from './look.ts';

/** Browsers drop changes of the address that come faster than a few a second for long; the state must not wait for it. */
const addressEveryMs = 150;

/** The look, kept here and written to the address at a rate that a browser accepts; a link or "back" moves it. */
export const useLook = (path: string): readonly [Look, (change: Partial<Look>) => void] => {
  const { query } = usePlace();
  const address = query.toString();
  const fromAddress = useMemo(() => parseLook(new URLSearchParams(address)), [address]);
  const [look, setLook] = useState(fromAddress);
  const written = useRef(lookQuery(fromAddress));
  const newest = useRef(look);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const lastAt = useRef(0);

  useEffect(() => {
    // Ours come back through the address too; only what somebody else put there counts.
    if (lookQuery(fromAddress) === written.current) return;
    written.current = lookQuery(fromAddress);
    newest.current = fromAddress;
    setLook(fromAddress);
  }, [fromAddress]);

  const write = useCallback(() => {
    timer.current = undefined;
    lastAt.current = performance.now();
    written.current = lookQuery(newest.current);
    go(path + written.current, 'replace');
  }, [path]);
  useEffect(
    () => () => {
      if (timer.current !== undefined) clearTimeout(timer.current);
    },
    [],
  );

  const change = useCallback(
    (part: Partial<Look>) => {
      newest.current = { ...newest.current, ...part };
      setLook(newest.current);
      if (timer.current !== undefined) return;
      const wait = lastAt.current + addressEveryMs - performance.now();
      if (wait <= 0) write();
      else timer.current = setTimeout(write, wait);
    },
    [write],
  );
  return [look, change];
};
