import { lazy, type RefObject, Suspense, useEffect, useLayoutEffect, useRef } from 'react';
import { DialogPage } from './dialog/dialog-page.tsx';
import { Frame } from './frame/frame.tsx';
import { Loading } from './frame/states.tsx';
import { LagPage } from './lag/lag-page.tsx';
import { listPath, parseFilter } from './list/filter.ts';
import { ListPage } from './list/list-page.tsx';
import type { Loaded } from './list/use-dialog-list.ts';
import { OpsPage } from './ops/ops-page.tsx';
import { Link, usePlace } from './router.tsx';
import { useTexts } from './texts/context.tsx';

const WhatIfPage = lazy(() => import('./what-if/what-if-page.tsx').then((module) => ({ default: module.WhatIfPage })));
const NumbersPage = lazy(() => import('./numbers/numbers-page.tsx').then((module) => ({ default: module.NumbersPage })));
const AccessPage = lazy(() => import('./access/access-page.tsx').then((module) => ({ default: module.AccessPage })));
const OpenPage = lazy(() => import('./open/open-page.tsx').then((module) => ({ default: module.OpenPage })));
const DoctorPage = lazy(() => import('./doctor/doctor-page.tsx').then((module) => ({ default: module.DoctorPage })));

const isList = (path: string): boolean => path === '/' || path === '/dialogs';

/** The views by address. */
export const App = () => {
  const { path, query } = usePlace();
  const list = useRef('/');
  const kept = useRef<Loaded>(undefined);
  if (isList(path)) list.current = listPath(parseFilter(query));
  useFocusKept(path);
  return (
    <Frame>
      <View path={path} list={list.current} kept={kept} />
    </Frame>
  );
};

/**
 * The link that was followed is gone with its view, and the focus with it: it goes to the new view, and on the way back to the row from
 * which one came.
 */
const useFocusKept = (path: string): void => {
  const before = useRef(path);
  useLayoutEffect(() => {
    if (before.current === path) return;
    const from = document.querySelector<HTMLElement>(`main a.row[href="${CSS.escape(before.current)}"]`);
    before.current = path;
    const content = document.getElementById('content');
    if (document.activeElement !== document.body && document.activeElement !== content) return;
    (from ?? content)?.focus({ preventScroll: true });
  }, [path]);
};

type ViewProps = { readonly path: string; readonly list: string; readonly kept: RefObject<Loaded | undefined> };

const View = ({ path, list, kept }: ViewProps) => {
  if (isList(path)) return <ListPage kept={kept} />;
  if (path === '/lag') return <LagPage />;
  if (path === '/ops') return <OpsPage />;
  if (path === '/doctor')
    return (
      <Suspense fallback={<Loading />}>
        <DoctorPage />
      </Suspense>
    );
  if (path === '/what-if')
    return (
      <Suspense fallback={<Loading />}>
        <WhatIfPage />
      </Suspense>
    );
  if (path === '/numbers')
    return (
      <Suspense fallback={<Loading />}>
        <NumbersPage />
      </Suspense>
    );
  if (path === '/access')
    return (
      <Suspense fallback={<Loading />}>
        <AccessPage />
      </Suspense>
    );
  if (path === '/open')
    return (
      <Suspense fallback={<Loading />}>
        <OpenPage />
      </Suspense>
    );
  const [, account, chatId] = /^\/dialogs\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  if (account !== undefined && chatId !== undefined) return <DialogPage key={path} account={account} chatId={chatId} list={list} />;
  return <Nowhere />;
};

/** An address that names nothing: a page as any other, with its heading and title. */
const Nowhere = () => {
  const { t } = useTexts();
  useEffect(() => {
    document.title = `${t.notFound} · ${t.title}`;
  }, [t]);
  return (
    <section className="page" aria-labelledby="nowhere-heading">
      <div className="page-head">
        <h1 id="nowhere-heading">{t.notFound}</h1>
      </div>
      <p>
        <Link to="/">← {t.dialog.back}</Link>
      </p>
    </section>
  );
};
