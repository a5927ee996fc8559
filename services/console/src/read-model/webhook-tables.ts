import type { DatabaseSync } from 'node:sqlite';
import { eventMetadataSchema } from '@dialog/contracts/domain-event';
import type { DialogId } from '@dialog/contracts/ids';
import { recordPlace } from '@dialog/contracts/inbox';
import type { QuarantineRecord } from '@dialog/contracts/quarantine';
import { topics } from '@dialog/contracts/topics';
import type { DialogRow, RowEvent } from './row.ts';

export const webhookEvents = ['new_chat', 'new_message', 'chat_started', 'chat_assigned', 'chat_closed'] as const;
export type WebhookEvent = (typeof webhookEvents)[number];
const isWebhook = (type: unknown): type is WebhookEvent => webhookEvents.includes(type as WebhookEvent);

export type WebhookRow = {
  readonly account: string;
  /** The input's id; of one in the quarantine its place in the log. */
  readonly id: string;
  /** Log's time, ms. */
  readonly at: number;
  /** Null where it could not be read. */
  readonly event: string | null;
  /** What became of it: accepted, repeat, late, ignored, unseen, answered_503; of one that the door put aside the quarantine's word. */
  readonly verdict: string;
  readonly spacesInUrl: boolean;
  /** Where its normalised input stands: the dialog's stream at this revision. Null: in the quarantine. */
  readonly chatId: string | null;
  readonly revision: number | null;
};

export type WebhookFilter = {
  readonly account: string;
  readonly event?: string;
  readonly verdict?: string;
  readonly chatId?: string;
  readonly limit: number;
  /** The last row of the page before. */
  readonly before?: { readonly at: number; readonly id: string };
};

/** A webhook in the quarantine, without its body: that stands in the log at its place. */
export type QuarantinedRow = {
  readonly partition: number;
  readonly offset: number;
  readonly account: string;
  /** Log's time, ms. */
  readonly receivedAt: number;
  readonly verdict: QuarantineRecord['verdict'];
  readonly method: string;
  /** Of the query. */
  readonly event: string | null;
  readonly contentType: string | null;
  /** Of the body, as far as it was kept. */
  readonly bytes: number;
  readonly truncated: boolean;
};
export type QuarantinedFilter = {
  readonly account?: string;
  /** Only those of this time or later, ms. */
  readonly since: number;
  readonly limit: number;
};
export type Quarantined = {
  /** Of all accounts. */
  readonly total: number;
  /** Newest first. */
  readonly rows: readonly QuarantinedRow[];
};

/** One thing of an account that was seen at all, whenever: a kind of webhook, or a milestone of its set-up. */
export type Seen = {
  readonly what: string;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly chatId: string;
  /** What became of it: accepted, repeat, late, ignored, unseen, answered_503; of one that the door put aside the quarantine's word. */
  readonly verdict: string;
  readonly spacesInUrl: boolean;
};
export type SetAside = {
  readonly verdict: string;
  /** Of the query. */
  readonly event: string | null;
  readonly eventInBody: string | null;
  readonly count: number;
  readonly lastAt: number;
  /** Place of the newest in the log. */
  readonly id: string;
};
export type Sign = {
  readonly kind: 'likely_bot_operator' | 'close_overdue' | 'answered_503';
  readonly detail: string;
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly chatIds: readonly string[];
};
export type SendOutcome = {
  readonly kind: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly reason: string | null;
  readonly count: number;
  readonly lastAt: number;
  readonly chatId: string;
};
/** All that is known of one account's connection with Webim, as the histories and the quarantine tell it. */
export type ConnectionFacts = {
  /** Hash of the settings in force at the newest input. */
  readonly settings: string | null;
  readonly seen: readonly Seen[];
  readonly setAside: readonly SetAside[];
  readonly signs: readonly Sign[];
  readonly sends: readonly SendOutcome[];
  /** Whom `chat_closed` named as the chat's last operator. */
  readonly closedWith: readonly { readonly operatorId: string; readonly lastAt: number; readonly chatId: string }[];
};

/** How long single webhooks and signs are kept, by the newest of them, ms: as long as the quarantine. */
export const webhooksKeptMs = 7 * 86_400_000;

export const webhookSchema = `
  CREATE TABLE IF NOT EXISTS webhook (
    account TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, event TEXT, event_in_body TEXT, verdict TEXT NOT NULL,
    spaces INTEGER NOT NULL, chat_id TEXT, revision INTEGER, operator_id TEXT,
    method TEXT, content_type TEXT, bytes INTEGER, truncated INTEGER, PRIMARY KEY (account, id)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS webhook_newest ON webhook (account, at DESC, id DESC);
  CREATE INDEX IF NOT EXISTS webhook_chat ON webhook (account, chat_id, at);
  CREATE INDEX IF NOT EXISTS webhook_at ON webhook (at);
  CREATE INDEX IF NOT EXISTS webhook_aside ON webhook (account, verdict, event) WHERE chat_id IS NULL;
  CREATE INDEX IF NOT EXISTS webhook_aside_newest ON webhook (at DESC, id DESC) WHERE chat_id IS NULL;
  CREATE INDEX IF NOT EXISTS webhook_aside_of_account ON webhook (account, at DESC, id DESC) WHERE chat_id IS NULL;
  CREATE INDEX IF NOT EXISTS webhook_closed_with ON webhook (account, operator_id, at, chat_id) WHERE event = 'chat_closed' AND operator_id IS NOT NULL;
  CREATE TABLE IF NOT EXISTS seen (
    account TEXT NOT NULL, what TEXT NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, chat_id TEXT NOT NULL,
    id TEXT NOT NULL, verdict TEXT NOT NULL, spaces INTEGER NOT NULL, PRIMARY KEY (account, what)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS sign (
    account TEXT NOT NULL, chat_id TEXT NOT NULL, revision INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL,
    PRIMARY KEY (account, chat_id, revision)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS sign_at ON sign (at);
  CREATE TABLE IF NOT EXISTS pinned (account TEXT PRIMARY KEY, settings TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS quarantine_read (partition INTEGER PRIMARY KEY, next INTEGER NOT NULL);
`;

export type SetAsideRecord = {
  readonly partition: number;
  readonly offset: number;
  /** Undefined: it can't be read. */
  readonly record: (Omit<QuarantineRecord, 'bodyBase64'> & { readonly bytes: number }) | undefined;
};

export type WebhookTables = {
  /** Each event of each dialog, once, in order. */
  readonly recorded: (dialog: DialogId, event: RowEvent, before: DialogRow | undefined) => void;
  /** Records of the quarantine, in order within a partition; one that was taken before, or another at its place, stands in its stead. */
  readonly setAside: (records: readonly SetAsideRecord[]) => void;
  /** By partition the next offset of the quarantine to read. */
  readonly quarantineRead: () => Readonly<Record<number, number>>;
  readonly quarantined: (filter: QuarantinedFilter) => Quarantined;
  readonly prune: () => void;
  readonly webhooks: (filter: WebhookFilter) => readonly WebhookRow[];
  readonly connection: (account: string) => ConnectionFacts;
};

const verdictOf: Readonly<Record<string, string>> = {
  InputRepeated: 'repeat',
  InputLate: 'late',
  InputIgnored: 'ignored',
  UnseenChatRecorded: 'unseen',
  WebhookRefused: 'answered_503',
};
const maxChats = 5;

/** Tables of what Webim sends, beside `dialog`, made of the same events in the same transaction, and of the quarantine. */
export const webhookTables = (db: DatabaseSync): WebhookTables => {
  const add = db.prepare(
    'INSERT OR REPLACE INTO webhook (account, id, at, event, event_in_body, verdict, spaces, chat_id, revision, operator_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const addAside = db.prepare(
    `INSERT OR REPLACE INTO webhook (account, id, at, event, event_in_body, verdict, spaces, method, content_type, bytes, truncated)
     VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)`,
  );
  const countAside = db.prepare('SELECT COUNT(*) AS count FROM webhook WHERE chat_id IS NULL AND at >= ?');
  const asideRow = 'SELECT account, id, at, event, verdict, method, content_type, bytes, truncated FROM webhook WHERE chat_id IS NULL';
  const listAside = db.prepare(`${asideRow} AND at >= ? ORDER BY at DESC, id DESC LIMIT ?`);
  const listAsideOf = db.prepare(`${asideRow} AND account = ? AND at >= ? ORDER BY at DESC, id DESC LIMIT ?`);
  const judge = db.prepare('UPDATE webhook SET verdict = ? WHERE account = ? AND id = ?');
  const judgeSeen = db.prepare('UPDATE seen SET verdict = ? WHERE account = ? AND id = ?');
  // Of two dialogs the events may come in another order than their inputs: the first and the last are told by their times.
  const see =
    db.prepare(`INSERT INTO seen (account, what, first_at, last_at, chat_id, id, verdict, spaces) VALUES ($account, $what, $at, $at, $chat, $id, $verdict, $spaces)
    ON CONFLICT (account, what) DO UPDATE SET first_at = MIN(first_at, $at), last_at = MAX(last_at, $at),
      chat_id = iif($at >= last_at, $chat, chat_id), id = iif($at >= last_at, $id, id), verdict = iif($at >= last_at, $verdict, verdict),
      spaces = iif($at >= last_at, $spaces, spaces)`);
  const addSign = db.prepare('INSERT OR REPLACE INTO sign (account, chat_id, revision, at, kind, detail) VALUES (?, ?, ?, ?, ?, ?)');
  const pin = db.prepare(
    'INSERT INTO pinned (account, settings, at) VALUES (?, ?, ?) ON CONFLICT (account) DO UPDATE SET settings = excluded.settings, at = excluded.at WHERE excluded.at >= at',
  );
  const places = db.prepare('SELECT partition, next FROM quarantine_read');
  const goOn = db.prepare(
    'INSERT INTO quarantine_read (partition, next) VALUES (?, ?) ON CONFLICT (partition) DO UPDATE SET next = excluded.next',
  );
  const newest = db.prepare('SELECT MAX(at) AS at FROM webhook');
  const forget = [db.prepare('DELETE FROM webhook WHERE at < ?'), db.prepare('DELETE FROM sign WHERE at < ?')];
  const lists = new Map<string, ReturnType<DatabaseSync['prepare']>>();
  const seen = db.prepare('SELECT what, first_at, last_at, chat_id, verdict, spaces FROM seen WHERE account = ? ORDER BY what');
  // Somebody looked at the address with a browser, or sent `{}`: that says nothing of what Webim is set to.
  const aside = db.prepare(
    `SELECT verdict, event, event_in_body, COUNT(*) AS count, MAX(at) AS last_at, id FROM webhook
     WHERE account = ? AND chat_id IS NULL AND NOT (verdict = 'unknown_event' AND event IS NULL AND event_in_body IS NULL AND bytes <= 2)
     GROUP BY verdict, event, event_in_body ORDER BY last_at DESC LIMIT 200`,
  );
  // An overdue close that came after all is none.
  const signs = db.prepare(
    `SELECT kind, detail, at, chat_id FROM sign WHERE account = $account AND NOT (kind = 'close_overdue' AND EXISTS (
       SELECT 1 FROM webhook WHERE webhook.account = $account AND webhook.chat_id = sign.chat_id AND webhook.event = 'chat_closed'))
     ORDER BY at DESC LIMIT 5000`,
  );
  const sends = db.prepare(
    `SELECT kind, outcome, code, reason, COUNT(*) AS count, MAX(at) AS last_at, chat_id FROM send WHERE account = ? GROUP BY kind, outcome, code, reason`,
  );
  const closedWith = db.prepare(
    `SELECT operator_id, MAX(at) AS last_at, chat_id FROM webhook
     WHERE account = ? AND event = 'chat_closed' AND operator_id IS NOT NULL GROUP BY operator_id ORDER BY last_at DESC LIMIT 50`,
  );
  const pinnedTo = db.prepare('SELECT settings FROM pinned WHERE account = ?');

  const milestone = (account: string, what: string, at: number, chatId: string, id: string): void => {
    see.run({ $account: account, $what: what, $at: at, $chat: chatId, $id: id, $verdict: 'accepted', $spaces: 0 });
  };

  return {
    recorded: ({ account, chatId }, event, before) => {
      const metadata = eventMetadataSchema.safeParse(event.metadata);
      if (!metadata.success) return;
      const { at, $causationId: cause } = metadata.data;
      const data = (event.data ?? {}) as Record<string, unknown>;
      switch (event.type) {
        case 'InputRecorded': {
          const input = (data['input'] ?? {}) as Record<string, unknown>;
          if (typeof data['settings'] === 'string') pin.run(account, data['settings'], at);
          const { type } = input;
          if (!isWebhook(type)) return;
          const spaces = input['spacesInUrl'] === true ? 1 : 0;
          const operator = typeof input['operatorId'] === 'string' ? input['operatorId'] : null;
          add.run(account, cause, at, type, null, 'accepted', spaces, chatId, event.revision, operator);
          see.run({ $account: account, $what: type, $at: at, $chat: chatId, $id: cause, $verdict: 'accepted', $spaces: spaces });
          return;
        }
        case 'InputRepeated':
        case 'InputLate':
        case 'InputIgnored':
        case 'UnseenChatRecorded':
        case 'WebhookRefused': {
          const verdict = verdictOf[event.type] as string;
          const of = event.type === 'WebhookRefused' && typeof data['of'] === 'string' ? data['of'] : cause;
          judge.run(verdict, account, of);
          judgeSeen.run(verdict, account, of);
          if (event.type === 'WebhookRefused') addSign.run(account, chatId, event.revision, at, 'answered_503', '');
          return;
        }
        case 'LikelyBotOperator':
          addSign.run(account, chatId, event.revision, at, 'likely_bot_operator', String(data['operatorId'] ?? ''));
          return;
        case 'CloseOverdue':
          addSign.run(account, chatId, event.revision, at, 'close_overdue', String(data['cause'] ?? ''));
          return;
        case 'EffectSettled':
          if (data['outcome'] === 'accepted' && isSaid(before, data['number'])) milestone(account, 'reply_accepted', at, chatId, cause);
          return;
        case 'OwnerChanged':
          if (data['owner'] === 'queue') milestone(account, 'handed_over', at, chatId, cause);
          return;
        case 'ReturnStarted':
          milestone(account, 'returned', at, chatId, cause);
          return;
        default:
      }
    },
    setAside: (records) => {
      const next = new Map(places.all().map((found) => [Number(found['partition']), Number(found['next'])]));
      for (const { partition, offset, record } of records) {
        next.set(partition, offset + 1);
        if (record === undefined) continue;
        const { account, receivedAt, verdict, event, eventInBody, method, contentType, bytes, truncated } = record;
        addAside.run(
          account,
          recordPlace({ topic: topics.quarantine, partition, offset }),
          receivedAt,
          event ?? null,
          eventInBody ?? null,
          verdict,
          method,
          contentType ?? null,
          bytes,
          truncated ? 1 : 0,
        );
      }
      for (const [partition, place] of next) goOn.run(partition, place);
    },
    quarantined: ({ account, since, limit }) => ({
      total: Number(countAside.get(since)?.['count']),
      rows: (account === undefined ? listAside.all(since, limit) : listAsideOf.all(account, since, limit)).map((found) => ({
        ...placeIn(String(found['id'])),
        account: String(found['account']),
        receivedAt: Number(found['at']),
        verdict: found['verdict'] as QuarantineRecord['verdict'],
        method: String(found['method']),
        event: text(found['event']),
        contentType: text(found['content_type']),
        bytes: Number(found['bytes']),
        truncated: found['truncated'] === 1,
      })),
    }),
    quarantineRead: () => Object.fromEntries(places.all().map((found) => [Number(found['partition']), Number(found['next'])])),
    prune: () => {
      const at = newest.get()?.['at'];
      if (typeof at === 'number') for (const statement of forget) statement.run(at - webhooksKeptMs);
    },
    webhooks: (filter) => {
      const { sql, values } = webhooksQuery(filter);
      const statement = lists.get(sql) ?? db.prepare(sql);
      lists.set(sql, statement);
      return statement.all(...values).map((found) => ({
        account: filter.account,
        id: String(found['id']),
        at: Number(found['at']),
        event: text(found['event']) ?? text(found['event_in_body']),
        verdict: String(found['verdict']),
        spacesInUrl: found['spaces'] === 1,
        chatId: text(found['chat_id']),
        revision: found['revision'] === null ? null : Number(found['revision']),
      }));
    },
    connection: (account) => ({
      settings: text(pinnedTo.get(account)?.['settings']),
      seen: seen.all(account).map((found) => ({
        what: String(found['what']),
        firstAt: Number(found['first_at']),
        lastAt: Number(found['last_at']),
        chatId: String(found['chat_id']),
        verdict: String(found['verdict']),
        spacesInUrl: found['spaces'] === 1,
      })),
      setAside: aside.all(account).map((found) => ({
        verdict: String(found['verdict']),
        event: text(found['event']),
        eventInBody: text(found['event_in_body']),
        count: Number(found['count']),
        lastAt: Number(found['last_at']),
        id: String(found['id']),
      })),
      signs: grouped(signs.all({ $account: account })),
      sends: sends.all(account).map((found) => ({
        kind: String(found['kind']),
        outcome: String(found['outcome']),
        code: text(found['code']),
        reason: text(found['reason']),
        count: Number(found['count']),
        lastAt: Number(found['last_at']),
        chatId: String(found['chat_id']),
      })),
      closedWith: closedWith.all(account).map((found) => ({
        operatorId: String(found['operator_id']),
        lastAt: Number(found['last_at']),
        chatId: String(found['chat_id']),
      })),
    }),
  };
};

/** Of a record of the quarantine, by the name of its place. */
const placeIn = (place: string): { readonly partition: number; readonly offset: number } => {
  const [partition, offset] = place.slice(topics.quarantine.length + 1).split('/');
  return { partition: Number(partition), offset: Number(offset) };
};

/** Said to the visitor, not asked of somebody else. */
const isSaid = (row: DialogRow | undefined, number: unknown): boolean => {
  const kind = row?.work.effects.find((effect) => effect.number === number)?.kind;
  return kind === 'text' || kind === 'keyboard' || kind === 'file';
};

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

const grouped = (rows: readonly Record<string, unknown>[]): readonly Sign[] => {
  const groups = new Map<string, { -readonly [K in keyof Sign]: Sign[K] } & { chatIds: string[] }>();
  for (const row of rows) {
    const [kind, detail, chatId] = [row['kind'] as Sign['kind'], String(row['detail']), String(row['chat_id'])];
    const key = `${kind} ${detail}`;
    const group = groups.get(key) ?? { kind, detail, count: 0, firstAt: 0, lastAt: Number(row['at']), chatIds: [] };
    group.count++;
    group.firstAt = Number(row['at']);
    if (group.chatIds.length < maxChats && !group.chatIds.includes(chatId)) group.chatIds.push(chatId);
    groups.set(key, group);
  }
  return [...groups.values()];
};

const webhooksQuery = ({ account, event, verdict, chatId, before, limit }: WebhookFilter) => {
  const where = ['account = ?'];
  const values: (string | number)[] = [account];
  const equal = (column: string, value: string | undefined): void => {
    if (value === undefined) return;
    where.push(`${column} = ?`);
    values.push(value);
  };
  if (event !== undefined) {
    where.push('(event = ? OR event_in_body = ?)');
    values.push(event, event);
  }
  equal('verdict', verdict);
  equal('chat_id', chatId);
  if (before !== undefined) {
    where.push('(at, id) < (?, ?)');
    values.push(before.at, before.id);
  }
  values.push(limit);
  return {
    sql: `SELECT id, at, event, event_in_body, verdict, spaces, chat_id, revision FROM webhook WHERE ${where.join(' AND ')} ORDER BY at DESC, id DESC LIMIT ?`,
    values,
  };
};
