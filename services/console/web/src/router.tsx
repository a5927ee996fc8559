import { type MouseEvent, type ReactNode, useSyncExternalStore } from 'react';

/** The address is the page's only memory of where it is: every view can be linked to. */
const listeners = new Set<() => void>();
const tell = (): void => {
  for (const listener of listeners) listener();
};
window.addEventListener('popstate', tell);

export const go = (to: string, how: 'push' | 'replace' = 'push'): void => {
  if (how === 'push') history.pushState(null, '', to);
  else history.replaceState(null, '', to);
  tell();
};

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export type Place = { readonly path: string; readonly query: URLSearchParams };
export const usePlace = (): Place => {
  const address = useSyncExternalStore(subscribe, () => location.pathname + location.search);
  const [path = '/', query = ''] = address.split('?');
  return { path, query: new URLSearchParams(query) };
};

type LinkProps = {
  readonly to: string;
  readonly children: ReactNode;
  readonly className?: string;
  readonly current?: boolean;
  /** Where the content has no words. */
  readonly label?: string;
  /** What it changes stands below it: the page is not scrolled to its top. */
  readonly stays?: boolean;
  readonly data?: Record<`data-${string}`, string | number>;
};

/** A real link: a click with a modifier opens a new tab, as everywhere. */
export const Link = ({ to, children, className, current, label, stays = false, data }: LinkProps) => {
  const follow = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
    if (!stays) window.scrollTo(0, 0);
  };
  return (
    <a
      href={to}
      onClick={follow}
      className={className}
      aria-current={current ? 'page' : undefined}
      aria-label={label}
      title={label}
      {...data}
    >
      {children}
    </a>
  );
};
