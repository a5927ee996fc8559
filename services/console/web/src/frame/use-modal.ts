import { type RefObject, useLayoutEffect, useRef } from 'react';

/** A dialog that stands open while it is there. It is closed before it goes: only then does the browser give the focus back to where it was. */
export const useModal = (): RefObject<HTMLDialogElement | null> => {
  const box = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const own = box.current;
    own?.showModal();
    return () => own?.close();
  }, []);
  return box;
};
