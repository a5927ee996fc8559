import { useEffect, useState } from 'react';
import { flushSync } from 'react-dom';

/** Whether the page is being put on paper. It is told before that is laid out, and the view must have changed by then. */
export const usePrinting = (): boolean => {
  const [isPrinting, setPrinting] = useState(false);
  useEffect(() => {
    const onPaper = matchMedia('print');
    const changed = (): void => flushSync(() => setPrinting(onPaper.matches));
    onPaper.addEventListener('change', changed);
    return () => onPaper.removeEventListener('change', changed);
  }, []);
  return isPrinting;
};
