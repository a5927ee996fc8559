import { DialogPage } from './dialog/dialog-page.tsx';
import { Frame } from './frame/frame.tsx';
import { Empty } from './frame/states.tsx';
import { LagPage } from './lag/lag-page.tsx';
import { ListPage } from './list/list-page.tsx';
import { usePlace } from './router.tsx';
import { useTexts } from './texts/context.tsx';

/** The views by address. */
export const App = () => {
  const { path } = usePlace();
  return (
    <Frame>
      <View path={path} />
    </Frame>
  );
};

const View = ({ path }: { readonly path: string }) => {
  const { t } = useTexts();
  if (path === '/' || path === '/dialogs') return <ListPage />;
  if (path === '/lag') return <LagPage />;
  const [, account, chatId] = /^\/dialogs\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  if (account !== undefined && chatId !== undefined) return <DialogPage key={path} account={account} chatId={chatId} />;
  return <Empty title={t.notFound} />;
};
