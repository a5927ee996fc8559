import { join } from 'node:path';
import type { AccountConfig, Accounts } from '@dialog/contracts/account';
import { parseAccounts } from '@dialog/service-kit/accounts';

/** The accounts of a file with one, `acme`, whose bot is `bot.yaml` beside it; `settings`: more lines of it; `removed`: of a file that has it no more. */
export const acmeAlone = (folder: string, { settings = '', removed = false }: { settings?: string; removed?: boolean } = {}): Accounts => {
  const yaml = `accounts:
  - id: acme
    webim: { host: shop.webim.ru, token: t }
    department: people
    webhookTokens: [${'a'.repeat(64)}]
    script: bot.yaml
    ${settings}
`;
  const parsed = parseAccounts(yaml, { file: join(folder, 'accounts.yaml'), env: {} });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed));
  const all: readonly AccountConfig[] = removed ? [] : parsed.accounts;
  return { all: () => all, get: (id) => all.find((one) => one.id === id) };
};
