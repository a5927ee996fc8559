import type { Virtualizer } from '@tanstack/react-virtual';

/** Scrolls only where the item is not wholly in sight, and then so that the next steps need not: to scroll costs a layout. */
export const intoSight = (list: Virtualizer<HTMLDivElement, Element>, index: number, align: 'auto' | 'center'): void => {
  const item = list.measurementsCache[index];
  const top = list.scrollOffset ?? 0;
  const height = list.scrollRect?.height ?? 0;
  if (item !== undefined && item.start >= top && item.end <= top + height) return;
  list.scrollToIndex(index, { align });
};
