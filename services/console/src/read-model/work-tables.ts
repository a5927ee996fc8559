import type { DatabaseSync } from 'node:sqlite';
import type { DeadlineName } from '@dialog/contracts/domain-event';
import type { OpenWork } from './open-work.ts';
import type { DialogRow } from './row.ts';

export const stuckCauses = ['parked', 'in_doubt', 'circuit_open', 'close_overdue', 'no_progress', 'queue_too_long'] as const;
/**
 * Why a dialog does not go on, the gravest of several. `parked`: a record could not be applied. `in_doubt`: nobody knows whether Webim
 * took a reply. `circuit_open`: its account is not asked for now. `close_overdue`: Webim should have closed it. `no_progress`: what is
 * open has no result, or messages wait and nothing is open. `queue_too_long`: nobody took it from the queue.
 */
export type StuckCause = (typeof stuckCauses)[number];

export type StuckLimits = {
  readonly now: number;
  /** Without a result for so long, ms. */
  readonly noProgressMs: number;
  /** In the queue for so long, ms. */
  readonly queueMs: number;
};
export type StuckFilter = StuckLimits & { readonly account?: string; readonly cause?: StuckCause; readonly limit: number };
export type StuckDialog = { readonly cause: StuckCause; readonly since: number; readonly row: DialogRow };
export type Stuck = {
  readonly counts: readonly { readonly cause: StuckCause; readonly count: number; readonly oldestSince: number }[];
  /** Of each cause the oldest, at most `limit`. */
  readonly dialogs: readonly StuckDialog[];
};

export type WaitingDialogs = {
  readonly count: number;
  /** Longest first. */
  readonly rows: readonly { readonly since: number; readonly row: DialogRow }[];
};

export type TimerFilter = {
  readonly account?: string;
  readonly name?: DeadlineName;
  /** Only those at this time or before, ms. */
  readonly until?: number;
  readonly limit: number;
  readonly after?: { readonly at: number; readonly account: string; readonly chatId: string; readonly name: string };
};
export type Timer = { readonly account: string; readonly chatId: string; readonly parked: boolean } & OpenWork['deadlines'][number];
export type Timers = { readonly rows: readonly Timer[]; readonly total: number; readonly due: number };

/** How one attempt ended, as the dialog's history says. */
export type Send = {
  readonly account: string;
  readonly kind: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly reason: string | null;
  readonly count: number;
  readonly lastAt: number;
};

/** How long results of sends are kept, by the newest of them, ms. */
export const sendsKeptMs = 24 * 3_600_000;

export const workSchema = `
  CREATE TABLE IF NOT EXISTS timer (
    account TEXT NOT NULL, chat_id TEXT NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL, armed TEXT NOT NULL, parked INTEGER NOT NULL,
    PRIMARY KEY (account, chat_id, name)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS timer_at ON timer (at, account, chat_id, name);
  CREATE TABLE IF NOT EXISTS send (
    account TEXT NOT NULL, chat_id TEXT NOT NULL, revision INTEGER NOT NULL, at INTEGER NOT NULL,
    kind TEXT NOT NULL, outcome TEXT NOT NULL, code TEXT, reason TEXT,
    PRIMARY KEY (account, chat_id, revision)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS send_at ON send (at);
  CREATE INDEX IF NOT EXISTS send_account ON send (account, at);
  CREATE INDEX IF NOT EXISTS dialog_work ON dialog (account, chat_id) WHERE has_work = 1;
`;

/** Columns of `dialog`, generated from the fold. */
export const workColumns = `
    has_work INTEGER GENERATED ALWAYS AS (
      json_extract(fold, '$.parked') = 1 OR json_extract(fold, '$.owner') = 'queue' OR json_extract(fold, '$.work.overdue') IS NOT NULL
      OR json_array_length(fold, '$.work.effects') > 0 OR json_array_length(fold, '$.work.waiting') > 0
    ) VIRTUAL,
`;

/** What of each dialog decides its cause; the head waits from its present attempt, or from when that may begin. */
const facts = `
  SELECT fold, account,
    json_extract(fold, '$.parked') AS parked, json_extract(fold, '$.owner') AS owner, json_extract(fold, '$.ownerSince') AS owner_since,
    json_extract(fold, '$.work.parked.reason') AS park_reason, json_extract(fold, '$.work.parked.at') AS parked_at,
    json_extract(fold, '$.work.overdue.at') AS overdue_at,
    json_extract(fold, '$.work.effects[0].openedAt') AS opened_at,
    MAX(json_extract(fold, '$.work.effects[0].since'), IFNULL(json_extract(fold, '$.work.effects[0].notBefore'), 0)) AS head_since,
    json_extract(fold, '$.work.effects[0].why') AS why, json_extract(fold, '$.work.effects[0].code') AS code,
    json_extract(fold, '$.work.waiting[0].at') AS waiting_at
  FROM dialog WHERE has_work = 1`;

/** A resend after one in doubt comes at once: what is still in doubt so much later is worth a look, ms. */
const doubtMs = 10_000;

const judged = `
  WITH facts AS (${facts}), judged AS (
    SELECT fold, account, CASE
      WHEN parked = 1 THEN iif(park_reason = 'send_in_doubt', 'in_doubt', 'parked')
      WHEN why = 'in_doubt' AND opened_at <= $now - ${doubtMs} THEN 'in_doubt'
      WHEN code = 'circuit_open' THEN 'circuit_open'
      WHEN overdue_at IS NOT NULL THEN 'close_overdue'
      WHEN head_since <= $now - $noProgress THEN 'no_progress'
      WHEN opened_at IS NULL AND owner = 'bot' AND waiting_at <= $now - $noProgress THEN 'no_progress'
      WHEN owner = 'queue' AND owner_since <= $now - $queue THEN 'queue_too_long'
    END AS cause, parked_at, overdue_at, opened_at, head_since, waiting_at, owner_since FROM facts
  ), stuck AS (
    SELECT fold, account, cause, CASE cause
      WHEN 'parked' THEN parked_at WHEN 'in_doubt' THEN IFNULL(parked_at, opened_at) WHEN 'circuit_open' THEN opened_at
      WHEN 'close_overdue' THEN overdue_at WHEN 'no_progress' THEN IFNULL(head_since, waiting_at) ELSE owner_since
    END AS since FROM judged WHERE cause IS NOT NULL AND ($account IS NULL OR account = $account)
  )`;

export type WorkTables = {
  /** After a row was written, or removed. */
  readonly written: (before: DialogRow | undefined, after: DialogRow) => void;
  readonly removed: (account: string, chatId: string) => void;
  readonly sent: (row: DialogRow, event: { readonly revision: number; readonly type: string; readonly data: unknown }, at: number) => void;
  /** Forgets results of sends that are too old. */
  readonly prune: () => void;
  readonly stuck: (filter: StuckFilter) => Stuck;
  readonly waiting: (filter: { readonly account?: string; readonly limit: number }) => WaitingDialogs;
  readonly timers: (filter: TimerFilter, now: number) => Timers;
  /** Chats that the bot has now, of an account, or of those that one version of the script decides. */
  readonly withBot: (account: string, script?: string) => number;
  readonly sends: (since: number) => readonly Send[];
};

/** Tables beside `dialog` that are made of its rows and events in the same transaction. */
export const workTables = (db: DatabaseSync): WorkTables => {
  const removeTimers = db.prepare('DELETE FROM timer WHERE account = ? AND chat_id = ?');
  const addTimer = db.prepare('INSERT INTO timer (account, chat_id, name, at, armed, parked) VALUES (?, ?, ?, ?, ?, ?)');
  const addSend = db.prepare(
    'INSERT OR REPLACE INTO send (account, chat_id, revision, at, kind, outcome, code, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const newestSend = db.prepare('SELECT MAX(at) AS at FROM send');
  const forgetSends = db.prepare('DELETE FROM send WHERE at < ?');
  const countStuck = db.prepare(`${judged} SELECT cause, COUNT(*) AS count, MIN(since) AS oldest FROM stuck GROUP BY cause`);
  const listStuck = db.prepare(`${judged}, ranked AS (
      SELECT fold, cause, since, ROW_NUMBER() OVER (PARTITION BY cause ORDER BY since, fold) AS place FROM stuck WHERE $cause IS NULL OR cause = $cause
    ) SELECT fold, cause, since FROM ranked WHERE place <= $limit ORDER BY cause, since`);
  const waits = `FROM (${facts}) WHERE (opened_at IS NOT NULL OR waiting_at IS NOT NULL) AND ($account IS NULL OR account = $account)`;
  const countWaiting = db.prepare(`SELECT COUNT(*) AS count ${waits}`);
  const listWaiting = db.prepare(
    `SELECT fold, MIN(IFNULL(opened_at, waiting_at), IFNULL(waiting_at, opened_at)) AS since ${waits} ORDER BY since LIMIT $limit`,
  );
  const which = '($account IS NULL OR account = $account) AND ($name IS NULL OR name = $name)';
  const countTimers = db.prepare(`SELECT COUNT(*) AS total, IFNULL(SUM(at <= $now), 0) AS due FROM timer WHERE ${which}`);
  const listTimers = db.prepare(
    `SELECT account, chat_id, armed, parked FROM timer WHERE ${which} AND at <= $until
     AND (at, account, chat_id, name) > ($at, $afterAccount, $afterChat, $afterName) ORDER BY at, account, chat_id, name LIMIT $limit`,
  );
  const sends = db.prepare(
    `SELECT account, kind, outcome, code, reason, COUNT(*) AS count, MAX(at) AS last_at FROM send WHERE at > ?
     GROUP BY account, kind, outcome, code, reason ORDER BY account, count DESC`,
  );
  const withBot = db.prepare(
    "SELECT COUNT(*) AS count FROM dialog WHERE listed = 1 AND owner = 'bot' AND account = $account AND ($script IS NULL OR script = $script)",
  );
  const rowOf = (found: Record<string, unknown>): DialogRow => JSON.parse(String(found['fold'])) as DialogRow;

  return {
    written: (before, after) => {
      if (before?.parked === after.parked && JSON.stringify(before.work.deadlines) === JSON.stringify(after.work.deadlines)) return;
      removeTimers.run(after.account, after.chatId);
      for (const one of after.work.deadlines)
        addTimer.run(after.account, after.chatId, one.name, one.at, JSON.stringify(one), after.parked ? 1 : 0);
    },
    removed: (account, chatId) => {
      removeTimers.run(account, chatId);
    },
    sent: ({ account, chatId, work }, { revision, type, data }, at) => {
      const said = (data ?? {}) as { number?: number; outcome?: string; why?: string; code?: string; reason?: string; by?: string };
      if (type === 'EffectSettled' ? said.by !== 'result' : type !== 'EffectRetried') return;
      const kind = work.effects.find(({ number }) => number === said.number)?.kind ?? 'unknown';
      const outcome = (type === 'EffectSettled' ? said.outcome : said.why) ?? 'unknown';
      addSend.run(account, chatId, revision, at, kind, outcome, said.code ?? null, said.reason ?? null);
    },
    prune: () => {
      const newest = newestSend.get()?.['at'];
      if (typeof newest === 'number') forgetSends.run(newest - sendsKeptMs);
    },
    stuck: ({ now, noProgressMs, queueMs, account, cause, limit }) => {
      const given = { $now: now, $noProgress: noProgressMs, $queue: queueMs, $account: account ?? null };
      return {
        counts: countStuck.all(given).map((found) => ({
          cause: found['cause'] as StuckCause,
          count: Number(found['count']),
          oldestSince: Number(found['oldest']),
        })),
        dialogs: listStuck
          .all({ ...given, $cause: cause ?? null, $limit: limit })
          .map((found) => ({ cause: found['cause'] as StuckCause, since: Number(found['since']), row: rowOf(found) })),
      };
    },
    waiting: ({ account, limit }) => ({
      count: Number(countWaiting.get({ $account: account ?? null })?.['count']),
      rows: listWaiting
        .all({ $account: account ?? null, $limit: limit })
        .map((found) => ({ since: Number(found['since']), row: rowOf(found) })),
    }),
    timers: ({ account, name, until, limit, after }, now) => {
      const given = { $account: account ?? null, $name: name ?? null };
      const counts = countTimers.get({ ...given, $now: now });
      const rows = listTimers.all({
        ...given,
        $until: until ?? Number.MAX_SAFE_INTEGER,
        $limit: limit,
        $at: after?.at ?? -1,
        $afterAccount: after?.account ?? '',
        $afterChat: after?.chatId ?? '',
        $afterName: after?.name ?? '',
      });
      return {
        total: Number(counts?.['total']),
        due: Number(counts?.['due']),
        rows: rows.map((found) => ({
          account: String(found['account']),
          chatId: String(found['chat_id']),
          parked: found['parked'] === 1,
          ...(JSON.parse(String(found['armed'])) as OpenWork['deadlines'][number]),
        })),
      };
    },
    withBot: (account, script) => Number(withBot.get({ $account: account, $script: script ?? null })?.['count']),
    sends: (since) =>
      sends.all(since).map((found) => ({
        account: String(found['account']),
        kind: String(found['kind']),
        outcome: String(found['outcome']),
        code: found['code'] === null ? null : String(found['code']),
        reason: found['reason'] === null ? null : String(found['reason']),
        count: Number(found['count']),
        lastAt: Number(found['last_at']),
      })),
  };
};
