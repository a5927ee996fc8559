import { type RefObject, useEffect } from 'react';

/** Brings what `find` gives into sight within its own pane; where the pane does not scroll (on a phone) the page stays where it is. */
export const useScrollTo = (
  pane: RefObject<HTMLElement | null>,
  find: (pane: HTMLElement) => Element | null | undefined,
  when: unknown,
): void => {
  useEffect(() => {
    const box = pane.current;
    const found = box && find(box);
    if (!box || !found) return;
    const [outer, inner] = [box.getBoundingClientRect(), found.getBoundingClientRect()];
    if (inner.top < outer.top) box.scrollTop -= outer.top - inner.top + 8;
    else if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom + 8;
    // `find` is made anew with every render; only a new place moves the pane.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [pane, when]);
};
