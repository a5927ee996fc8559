import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import type { Directories } from '../../src/api/directory.ts';
import { api } from './api.ts';

const Context = createContext<Directories['accounts']>({});

/** What Webim calls operators and departments. Read once: where it can't be had, numbers and codes stand as they are. */
export const NamesProvider = ({ children }: { readonly children: ReactNode }) => {
  const [accounts, setAccounts] = useState<Directories['accounts']>({});
  useEffect(() => {
    // A downloaded history is looked at without a server.
    if (location.pathname === '/open') return;
    const abort = new AbortController();
    api.directory(abort.signal).then(
      (answer) => setAccounts(answer.accounts),
      () => undefined,
    );
    return () => abort.abort();
  }, []);
  return <Context value={accounts}>{children}</Context>;
};

export type Names = { readonly operator: (id: string) => string; readonly department: (key: string) => string };

/** Names beside their numbers and codes; of one account, or of whichever knows them. */
export const useNames = (account?: string): Names => {
  const accounts = useContext(Context);
  return useMemo(() => {
    const asked = account === undefined ? Object.values(accounts) : [accounts[account]].filter((one) => one !== undefined);
    const named = (kind: 'operators' | 'departments') => (id: string) => {
      const name = asked.map((one) => one[kind][id]).find((one) => one !== undefined);
      return name === undefined || name === '' ? id : `${name} (${id})`;
    };
    return { operator: named('operators'), department: named('departments') };
  }, [accounts, account]);
};
