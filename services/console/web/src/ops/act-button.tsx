import type { ReactNode } from 'react';
import { useMay } from '../access/session.tsx';

/** A button that asks the engine to do something; not there for whom the server would refuse. */
export const ActButton = ({ act, children }: { readonly act: () => void; readonly children: ReactNode }) =>
  useMay('operator') ? (
    <button type="button" onClick={act}>
      {children}
    </button>
  ) : null;
