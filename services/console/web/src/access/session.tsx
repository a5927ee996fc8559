import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from 'react';
import type { Session } from '../../../src/access/schemas.ts';
import { api, onSignedOut } from '../api.ts';
import { Loading } from '../frame/states.tsx';
import { usePlace } from '../router.tsx';
import { LoginPage } from './login-page.tsx';

type SessionContext = { readonly user: Session['user']; readonly signOut: () => void };
const Context = createContext<SessionContext>({ user: null, signOut: () => undefined });

/** Who is here, as the server says; where people sign in and nobody has, there is nothing but the way in. */
export const SessionProvider = ({ children }: { readonly children: ReactNode }) => {
  const [session, setSession] = useState<Session | 'unknown' | undefined>(undefined);
  // An opened file needs no server, and there may be none.
  const alone = usePlace().path === '/open';
  const look = useCallback((): void => {
    // A server that does not answer is told by the page itself, which has its words for that.
    api.session(new AbortController().signal).then(setSession, () => setSession((before) => before ?? 'unknown'));
  }, []);
  useEffect(() => {
    if (alone) return;
    look();
    return onSignedOut(look);
  }, [alone, look]);
  const signOut = useCallback((): void => {
    api.logout().then(({ next }) => location.assign(next ?? '/'), look);
  }, [look]);
  if (alone) return children;
  if (session === undefined) return <Loading />;
  if (session !== 'unknown' && session.access !== 'open' && session.user === null)
    return <LoginPage how={session.access} entered={setSession} />;
  return <Context value={{ user: session === 'unknown' ? null : session.user, signOut }}>{children}</Context>;
};

const order = ['viewer', 'analyst', 'operator', 'administrator'] as const;

/** Whether who is here may what needs this role; where nobody signs in, everybody may all. The server decides: this only leaves out what it would refuse. */
export const useMay = (least: (typeof order)[number]): boolean => {
  const { user } = useSession();
  return user === null || order.indexOf(user.role) >= order.indexOf(least);
};

/** null: nobody signs in here. */
export const useSession = (): SessionContext => useContext(Context);
