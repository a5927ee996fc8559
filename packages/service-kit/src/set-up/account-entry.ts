import { isMap, isSeq, parseDocument } from 'yaml';
import { type AccountsOptions, type AccountsProblem, parseAccounts } from '../accounts.ts';

/** One account as it is written into the accounts file; what is left out takes the file's defaults. */
export type AccountEntry = {
  readonly id: string;
  readonly webim: {
    readonly host: string;
    readonly baseUrl?: string;
    readonly tokenFile?: string;
    readonly tokenEnv?: string;
    readonly login?: string;
    readonly passwordFile?: string;
    readonly passwordEnv?: string;
    readonly botOperatorId?: string;
  };
  readonly department?: string;
  readonly inlineButtons?: boolean;
  /** SHA-256 of the webhook token. */
  readonly webhookTokens: readonly string[];
  readonly script: string;
};

export type WithEntry =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problems: readonly AccountsProblem[] };

/**
 * The accounts file with one account more; comments and everything else stay as they are. What comes out was read as the services read it:
 * a file that they would refuse is not given back. `text`: empty for a new file.
 */
export const withAccount = (text: string, entry: AccountEntry, options: AccountsOptions): WithEntry => {
  const document = parseDocument(text.trim() === '' ? 'accounts: []\n' : text, { uniqueKeys: true, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) return { ok: false, problems: [{ line: 1, column: 1, message: error.message }] };
  const accounts = isMap(document.contents) ? document.contents.get('accounts', true) : undefined;
  if (!isSeq(accounts)) return { ok: false, problems: [{ line: 1, column: 1, message: 'accounts: is no list' }] };
  accounts.flow = false;
  accounts.add(document.createNode(entry));
  const written = document.toString({ lineWidth: 140 });
  const read = parseAccounts(written, options);
  return read.ok ? { ok: true, text: written } : { ok: false, problems: read.problems };
};
