import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { AccountConfig, Accounts } from '@dialog/contracts/account';
import { accountIdSchema } from '@dialog/contracts/ids';
import { Secret } from '@dialog/contracts/secret';
import { z } from 'zod';
import { duration } from './duration.ts';
import { type FileProblem, readYaml } from './yaml-file.ts';

/** A setting given as text or number, e.g. an operator's id. */
const idText = z.union([z.string(), z.number()]).transform(String);

const secretFields = (name: string, what: string) => ({
  [name]: z.string().min(1).optional().describe(`${what}, as it is; better by file or variable`),
  [`${name}File`]: z.string().min(1).optional().describe('A file that holds it, beside the accounts file'),
  [`${name}Env`]: z.string().min(1).optional().describe('A variable that holds it'),
});

const webimSchema = z.strictObject({
  host: z.string().min(1).describe('Bare host name, as in the address bar of the Webim account'),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Overrides https://{host}, for a proxy or a test'),
  ...(secretFields('token', 'The token of the bot') as {
    token: z.ZodOptional<z.ZodString>;
    tokenFile: z.ZodOptional<z.ZodString>;
    tokenEnv: z.ZodOptional<z.ZodString>;
  }),
  login: z.string().min(1).optional().describe("The administrator's e-mail, for the Stored Data API"),
  ...(secretFields('password', "The administrator's password") as {
    password: z.ZodOptional<z.ZodString>;
    passwordFile: z.ZodOptional<z.ZodString>;
    passwordEnv: z.ZodOptional<z.ZodString>;
  }),
  botOperatorId: idText.optional().describe('Id of the employee under whom the bot works; left out, the console offers the likely one'),
});

const hostPattern = /^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$|^\[[0-9a-f:.]+\](:\d{1,5})?$/;

const httpSchema = z.strictObject({
  allowHosts: z
    .array(z.string().trim().toLowerCase().regex(hostPattern, 'is no host: write crm.example.com, crm.example.com:8443 or *.example.com'))
    .default([])
    .describe('Hosts that http steps of the script may ask; with a port where it is not the usual one; *.example.com: all below it'),
  allowPrivate: z.boolean().default(false).describe('Addresses of the own network may be asked too: for an intranet or a test'),
  secrets: z
    .record(
      z.string().regex(/^[a-z][a-z0-9_]{0,63}(File|Env)?$/, 'must be a-z, 0-9 and _, then File or Env where it names one'),
      z.string().min(1),
    )
    .default({})
    .describe('Secrets that a script names as {{ secret.name }}: name, nameFile (a file that holds it) or nameEnv (a variable)'),
});

export const accountSchema = z.strictObject({
  id: accountIdSchema.describe('Name of the account here, and in the webhook URL: a-z, 0-9 and _'),
  webim: webimSchema,
  department: z.string().min(1).optional().describe("Code of the department for the handover; left out: Webim's queue, from Webim 10.4 on"),
  inlineButtons: z.boolean().default(true).describe('`false`: a menu is a numbered text'),
  webhookTokens: z
    .array(z.string().regex(/^[0-9a-fA-F]{64}$/, 'must be a SHA-256: 64 hex digits'))
    .min(1)
    .max(2)
    .describe('SHA-256 of the live webhook tokens; two while one is being replaced'),
  script: z.string().min(1).describe("The script's file, beside the accounts file"),
  http: httpSchema.prefault({}).describe('What http steps of the script may do'),
  autoCloseAfter: duration
    .prefault('15m')
    .describe(
      "Webim's time-out that closes an inactive chat; past it and `webimTimerGrid`, by the last known activity, `chat_closed` is overdue",
    ),
  abandonAfter: duration
    .prefault('24h')
    .describe("So long after the last known activity an overdue chat counts as closed; the visitor's next chat ends it sooner"),
  close: z
    .strictObject({
      authority: z
        .enum(['webim', 'engine'])
        .default('webim')
        .describe(
          'Who says that a chat is closed. `webim`: its `chat_closed`. `engine`: `autoCloseAfter`, for an account without event handlers',
        ),
    })
    .prefault({}),
  noOperatorAfter: duration
    .prefault('3m')
    .describe("Nobody took a handover for so long: the bot asks for the chat; a script's `no_operator_after` comes first"),
  handbackGrace: duration
    .prefault('10s')
    .describe('A message within so long of a change of owner was on its way, and does not show that the bot has the chat back'),
  replyTtl: duration.prefault('120s').describe('A reply that could not be sent for so long since its cause is not said any more'),
  onReplyExpired: z
    .enum(['handover', 'drop'])
    .default('handover')
    .describe('What follows a reply past its time. `handover`: people get the chat. `drop`: the script goes on without it'),
  inDoubt: z
    .enum(['resend', 'park'])
    .default('resend')
    .describe(
      'A reply of which nobody knows whether Webim took it. `resend`: once more, and it may be said twice. `park`: the dialog stops for a person to decide',
    ),
  handlerDelay: duration.prefault('6s').describe("How late Webim delivers an event handler's request at most"),
  webimTimerGrid: duration.prefault('30s').describe('How often Webim looks at its timers'),
  visitorAnswer: duration.prefault('3s').describe("How long the first step waits for what the visitor's other chats left"),
  heldTextTtl: duration.prefault('30d').describe("How long a text waits for the visitor's next chat (deliver: next_chat)"),
});

type Described = { readonly properties?: Record<string, Described>; readonly default?: unknown; readonly description?: string };

/** The keys of an account as a table in Markdown: what docs/configuration.md shows. */
export const accountTable = (): string => {
  const rowsOf = ({ properties = {} }: Described, before: string): string[] =>
    Object.entries(properties).flatMap(([name, field]) => {
      if (field.properties !== undefined) return rowsOf(field, `${before}${name}.`);
      const fallback = field.default === undefined || typeof field.default === 'object' ? '' : `\`${String(field.default)}\``;
      return [`| \`${before}${name}\` | ${fallback} | ${field.description ?? ''} |`];
    });
  const schema = z.toJSONSchema(accountSchema, { io: 'input', unrepresentable: 'any' }) as Described;
  return ['| key | default | what it is |', '|---|---|---|', ...rowsOf(schema, '')].join('\n');
};

const fileSchema = z.strictObject({ accounts: z.array(accountSchema).min(1) });

export type AccountsProblem = FileProblem;
export type ParsedAccounts =
  | { readonly ok: true; readonly accounts: readonly AccountConfig[]; readonly warnings: readonly AccountsProblem[] }
  | { readonly ok: false; readonly problems: readonly AccountsProblem[] };

export type AccountsOptions = {
  /** Where the file is, for the paths in it. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether the scripts' files are to be there: for who reads them. */
  readonly scripts?: boolean;
};

/**
 * Of each account what more is looked at than its schema says, whatever else is wrong with it: a wrong field elsewhere hides nothing. What is no text is
 * the schema's to name.
 */
const texts = z.string().optional().catch(undefined);
/** Given, if only wrongly. */
const secretText = z.string().optional().catch('');
const lookedAtSchema = z.object({
  id: texts,
  webim: z
    .object({
      host: texts,
      login: texts,
      token: secretText,
      tokenFile: secretText,
      tokenEnv: secretText,
      password: secretText,
      passwordFile: secretText,
      passwordEnv: secretText,
    })
    .optional()
    .catch(undefined),
  script: texts,
  http: z
    .object({ secrets: z.record(z.string(), z.string()).catch({}) })
    .optional()
    .catch(undefined),
});
type LookedAt = z.infer<typeof lookedAtSchema>;
const listSchema = z.object({ accounts: z.array(z.unknown()) });

/** Reads the accounts file; every problem with its line and column. Never throws for what stands in it. */
export const parseAccounts = (text: string, options: AccountsOptions): ParsedAccounts => {
  const read = readYaml(text, fileSchema, (path) => path.slice(path[0] === 'accounts' ? 2 : 0).join('.') || 'accounts');
  const problems: AccountsProblem[] = read.ok ? [] : [...read.problems];
  const warnings: AccountsProblem[] = [];
  const seen = new Set<string>();
  const looks = (listSchema.safeParse(read.given).data?.accounts ?? []).map((given, index) => {
    const tell =
      (into: AccountsProblem[]): Tell =>
      (where, message) =>
        void into.push({ ...read.place(['accounts', index, ...where]), message });
    const account = lookedAtSchema.safeParse(given).data;
    if (account === undefined) return undefined;
    if (account.id !== undefined && seen.has(account.id)) tell(problems)(['id'], `the account "${account.id}" stands here twice`);
    if (account.id !== undefined) seen.add(account.id);
    return lookAt(account, options, tell(problems), tell(warnings));
  });
  if (!read.ok || problems.length > 0) return { ok: false, problems };
  return { ok: true, accounts: read.value.accounts.map((account, index) => configOf(account, options, looks[index])), warnings };
};

type Tell = (where: readonly PropertyKey[], message: string) => void;
type Look = {
  readonly host: string | undefined;
  readonly token: Secret | undefined;
  readonly password: Secret | undefined;
  readonly httpSecrets: ReadonlyMap<string, Secret>;
};

const lookAt = (account: LookedAt, options: AccountsOptions, problem: Tell, warning: Tell): Look => {
  /** One secret, given as it is, by file or by variable; `where`: what it stands in. */
  const secretIn = (where: string, given: Readonly<Record<string, string | undefined>>, name: string): Secret | undefined => {
    const at = where.split('.');
    const [plain, file, env] = [given[name], given[`${name}File`], given[`${name}Env`]];
    if ([plain, file, env].filter((one) => one !== undefined).length > 1)
      problem([...at, name], `${where}.${name}: give it once: as ${name}, ${name}File or ${name}Env`);
    if (plain !== undefined) return new Secret(plain);
    if (file !== undefined) {
      try {
        return new Secret(readFileSync(resolve(dirname(options.file), file), 'utf8').trim());
      } catch {
        problem([...at, `${name}File`], `${where}.${name}File: the file can't be read`);
      }
    }
    if (env !== undefined) {
      const value = options.env[env];
      if (value !== undefined && value !== '') return new Secret(value);
      problem([...at, `${name}Env`], `${where}.${name}Env: the variable ${env} is not set`);
    }
    return undefined;
  };
  const secrets = account.http?.secrets ?? {};
  const httpSecrets = new Map<string, Secret>();
  for (const name of new Set(Object.keys(secrets).map((one) => one.replace(/(File|Env)$/, '')))) {
    const value = secretIn('http.secrets', secrets, name);
    if (value !== undefined) httpSecrets.set(name, value);
  }
  if (options.scripts === true && account.script !== undefined && !isReadable(resolve(dirname(options.file), account.script)))
    problem(['script'], `script: the file ${account.script} can't be read`);
  const { webim } = account;
  if (webim === undefined) return { host: undefined, token: undefined, password: undefined, httpSecrets };
  const token = secretIn('webim', webim, 'token');
  if ((webim.token ?? webim.tokenFile ?? webim.tokenEnv) === undefined) problem(['webim'], 'webim.token: the token of the bot is missing');
  const password = secretIn('webim', webim, 'password');
  const hasPassword = (webim.password ?? webim.passwordFile ?? webim.passwordEnv) !== undefined;
  if ((webim.login !== undefined) !== hasPassword) problem(['webim'], 'webim.login and webim.password go together');
  const host = webim.host === undefined ? undefined : bareHost(webim.host);
  if (webim.host !== undefined && host === undefined) problem(['webim', 'host'], `webim.host: "${webim.host}" is no host name`);
  else if (host !== webim.host) warning(['webim', 'host'], `webim.host: read as "${host}"; write it without scheme, slash and spaces`);
  return { host, token, password, httpSecrets };
};

const isReadable = (file: string): boolean => {
  try {
    accessSync(file, constants.R_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
};

/** Of an account with nothing wrong. */
const configOf = (account: z.infer<typeof accountSchema>, options: AccountsOptions, look: Look | undefined): AccountConfig => {
  const { host = '', token, password, httpSecrets = new Map<string, Secret>() } = look ?? {};
  const { login } = account.webim;
  return {
    id: account.id,
    webim: {
      host,
      baseUrl: (account.webim.baseUrl ?? `https://${host}`).replace(/\/+$/, ''),
      token: token ?? new Secret(''),
      ...(login === undefined ? {} : { login }),
      ...(password === undefined ? {} : { password }),
    },
    webhookTokenHashes: account.webhookTokens.map((hash) => hash.toLowerCase()),
    scriptFile: resolve(dirname(options.file), account.script),
    http: { allowHosts: account.http.allowHosts, allowPrivate: account.http.allowPrivate, secrets: httpSecrets },
    settings: {
      account: account.id,
      botOperatorId: account.webim.botOperatorId ?? null,
      department: account.department ?? null,
      inlineButtons: account.inlineButtons,
      storedData: login !== undefined && password !== undefined,
      autoCloseAfterMs: account.autoCloseAfter,
      abandonAfterMs: account.abandonAfter,
      closeAuthority: account.close.authority,
      noOperatorAfterMs: account.noOperatorAfter,
      handbackGraceMs: account.handbackGrace,
      replyTtlMs: account.replyTtl,
      onReplyExpired: account.onReplyExpired,
      inDoubt: account.inDoubt,
      handlerDelayMs: account.handlerDelay,
      webimTimerGridMs: account.webimTimerGrid,
      visitorAnswerMs: account.visitorAnswer,
      heldTextTtlMs: account.heldTextTtl,
    },
  };
};

/** A bare host, optionally with a port; a stray scheme, slash or space is forgiven (webim-protocol §10). */
const bareHost = (given: string): string | undefined => {
  const host = given
    .trim()
    .replace(/^https?:\/\//i, '')
    .replace(/\/+$/, '')
    .trim()
    .toLowerCase();
  return /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/.test(host) ? host : undefined;
};

export const accountsRegistry = (accounts: readonly AccountConfig[]): Accounts => {
  const byId = new Map<string, AccountConfig>(accounts.map((account) => [account.id, account]));
  return { get: (id) => byId.get(id), all: () => accounts };
};
