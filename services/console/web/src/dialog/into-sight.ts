import type { Virtualizer } from '@tanstack/react-virtual';

/**
 * Scrolls only where the item is not wholly in sight, and then so that the next steps need not: to scroll costs a layout.
 * Where the row stands measured in the document one write is enough; `scrollToIndex` asks for the height of the
 * whole list, and again in each frame until it arrives: it is for the way into what has not been measured.
 */
export const intoSight = (list: Virtualizer<HTMLDivElement, Element>, index: number, align: 'auto' | 'center'): void => {
  const item = list.measurementsCache[index];
  const top = list.scrollOffset ?? 0;
  const height = list.scrollRect?.height ?? 0;
  if (item !== undefined && item.start >= top && item.end <= top + height) return;
  const box = list.scrollElement;
  const isMeasured = list.getVirtualItems().some((shown) => shown.index === index);
  if (item === undefined || box === null || !isMeasured) {
    list.scrollToIndex(index, { align });
    return;
  }
  const nearest = item.start < top ? item.start : item.end - height;
  box.scrollTop = align === 'center' ? (item.start + item.end - height) / 2 : nearest;
};
