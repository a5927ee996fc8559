import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { realClock } from '@dialog/contracts/clock';
import type { EventMetadata } from '@dialog/contracts/domain-event';
import { type AccountId, type ChatId, dialogStream } from '@dialog/contracts/ids';
import { groups, topics } from '@dialog/contracts/topics';
import { openEventStore } from '@dialog/event-store/open-event-store';
import type { RecordedEvent } from '@dialog/event-store/port';
import { openLog } from '@dialog/log/open-log';
import { startEventStoreProcess } from '@dialog/test-kit/event-store';
import { findKafka } from '@dialog/test-kit/kafka-broker';
import { kafkaProxy } from '@dialog/test-kit/kafka-proxy';
import { sampleAccount } from '@dialog/webim-simulator/account';
import { randomFrom } from '@dialog/webim-simulator/random';
import { webimSimulator } from '@dialog/webim-simulator/simulator';
import { cluster as clusterOf, type Member } from '../../scripts/cluster-processes.ts';
import type { HistoryEvent } from '../acceptance/history.ts';
import { compare } from './comparison.ts';
import { type CrashReport, journalsOf } from './journals.ts';
import type { Planted } from './planted.ts';
import { visitors } from './visitors.ts';

export type ClusterRun = {
  readonly kills: number;
  readonly chats: number;
  /** Visitors' lines a second. */
  readonly rate: number;
  readonly seed: number;
  /** A projector stands still for longer than its session, and wakes while another owns its dialogs (scenario 29). */
  readonly freezes?: number;
  /** What is away at once, and for how long, s; after the kills. */
  readonly outages?: readonly { readonly away: 'kafka' | 'event store' | 'both'; readonly seconds: number }[];
  /** Bursts of Produce answers that never come back, while everything else goes on; before the kills. */
  readonly lostAnswers?: number;
  /** New visitors must be greeted so long after everything is there again, s. Default 240; a load beyond the machine leaves more to catch up with. */
  readonly greetWithin?: number;
  /** The load ends with the kills: a load beyond the machine is never caught up with while it lasts. */
  readonly calm?: boolean;
  readonly planted?: Planted;
  readonly say?: (line: string) => void;
};

export type ClusterReport = CrashReport & {
  /** Of each process. */
  readonly killed: Readonly<Record<string, number>>;
  /** From the end of the kills, and of each outage, until new visitors in all partitions were greeted again, s. */
  readonly greetedAfterSeconds: readonly number[];
  /** From the last line of the load until nothing waited any more, s. */
  readonly restSeconds: number;
  /** Produce answers that the proxy swallowed. */
  readonly answersLost: number;
  /** Of the longest outage: chats that Webim gave to people, and chats that a silent bot still held at its end. */
  readonly toPeople: number;
  readonly heldByDeadBot: number;
  /** Of the longest answer of ingress to a webhook, ms. */
  readonly slowestAnswerMs: number;
  /** Replies that went out later than their time to live allows. */
  readonly oldReplies: number;
};

/** Longer than a member's session of 6 s. */
const frozenMs = 9_000;
/** Between the look at the time and the request, ms. */
const sendMarginMs = 1_500;

const oldRepliesOf = (events: readonly HistoryEvent[]): number => {
  const expires = new Map<number, number>();
  let old = 0;
  for (const event of events) {
    if (event.type === 'EffectOpened' && event.data.expiresAt !== undefined) expires.set(event.data.number, event.data.expiresAt);
    if (event.type !== 'InputRecorded' || event.data.input.type !== 'effect_result') continue;
    const { number, sentAt } = event.data.input;
    const limit = expires.get(number);
    if (sentAt !== undefined && limit !== undefined && sentAt > limit + sendMarginMs) old += 1;
  }
  return old;
};

/** `botSilenceLimit` of a run with outages, and what comes on top: the notes' second, an acknowledgement's deadline, Webim's one repetition, s. */
const silenceLimitSeconds = 10;
const handoverMarginSeconds = 10;

const account = 'crash';
const botToken = 'crash-test-bot-token';
const webhookToken = 'crash-test-webhook-token-of-many-letters';

/**
 * Kills processes of a cluster at random under load, servers too, starts each again, lets projectors join and leave, waits for rest, and compares
 * three journals. @returns the report, or why there is no Kafka to run on
 */
export const clusterRun = async ({
  kills,
  chats,
  rate,
  seed,
  freezes = 0,
  outages = [],
  lostAnswers = 0,
  greetWithin = 240,
  calm = false,
  planted,
  say = () => undefined,
}: ClusterRun): Promise<ClusterReport | { readonly reason: string }> => {
  const proxy = lostAnswers > 0 ? await kafkaProxy() : undefined;
  const kafka = await findKafka({ mayBeKilled: true, ...(proxy === undefined ? {} : { advertisedPort: proxy.port }) });
  if ('reason' in kafka) {
    await proxy?.close();
    return kafka;
  }
  const { power } = kafka;
  if (power === undefined) return { reason: 'the Kafka that was found may not be killed' };
  proxy?.to(Number(kafka.brokers[0]?.split(':')[1]));
  const brokers = proxy === undefined ? kafka.brokers.join(',') : `127.0.0.1:${proxy.port}`;
  const dataDir = await mkdtemp(join(tmpdir(), 'dialog-cluster-'));
  const random = randomFrom(seed);
  const events = await startEventStoreProcess();
  const simulator = webimSimulator({
    clock: realClock,
    port: 0,
    seed,
    account: sampleAccount(botToken),
    // What the journals are compared by has to be whole.
    journalKept: Number.MAX_SAFE_INTEGER,
    timeouts: { inactivityMs: 0, closedByOperatorMs: 0 },
    knobs: {
      // In an outage Webim gives its chats to people instead of asking again and again.
      webhookRetries: outages.length > 0 ? 1 : 10_000,
      webhookRetryPauseMs: 200,
      // Repeated at once by hundreds of chats, what was refused keeps a machine of two cores from ever catching up.
      webhookRetryMaxPauseMs: 5_000,
      webhookTimeoutMs: 5_000,
      botApiDelayMs: 20,
    },
  });
  const simulating = simulator.run();
  await simulator.listening();
  const logUrl = `kafka:${brokers}?replication=1&session=6000`;
  const engine = await clusterOf({
    dataDir,
    logUrl,
    eventsUrl: events.url,
    webimUrl: simulator.baseUrl(),
    botToken,
    webhookToken,
    scriptFile: fileURLToPath(new URL('./bot.yaml', import.meta.url)),
    account,
    ...(planted === undefined ? {} : { planted }),
    settings: { replyTtl: outages.length > 0 ? '20s' : '30m', noOperatorAfter: '2h', autoCloseAfter: '2h' },
    env: {
      HTTP_TIMEOUT: '1s',
      WEBIM_RATE: '5000',
      WEBIM_BURST: '1000',
      LOG_LEVEL: 'warn',
      BOT_SILENCE_LIMIT: outages.length > 0 ? `${silenceLimitSeconds}s` : '60s',
    },
  });
  simulator.setHooks({
    botUrl: engine.hookUrl,
    startedUrl: `${engine.hookUrl}?event=chat_started`,
    assignedUrl: `${engine.hookUrl}?event=chat_assigned`,
    closedUrl: `${engine.hookUrl}?event=chat_closed`,
  });
  const ingress = engine.member('ingress', 'ingress');
  const projectors = ['1', '2', '3', '4', '5'].map((one) => engine.member('projector', `projector-${one}`));
  const outbound = engine.member('outbound', 'outbound');
  const members: Member[] = [ingress, ...projectors, outbound];
  const load = visitors({ simulator, clock: realClock, chats, rate, random });
  let slowestAnswerMs = 0;
  const probing = new AbortController();
  /** A webhook of a chat of its own every half second, with the time of its answer. */
  const probe = async (): Promise<void> => {
    for (let id = 1; !probing.signal.aborted; id++) {
      const from = performance.now();
      const answered = await fetch(engine.hookUrl, {
        method: 'POST',
        body: JSON.stringify({ event: 'new_message', chat_id: id, message: { id: `p-${id}`, kind: 'visitor', text: 'проба' } }),
        signal: AbortSignal.timeout(20_000),
      }).then(
        (response) => response.arrayBuffer().then(() => true),
        // Ingress itself was killed: no answer is not a slow one.
        () => false,
      );
      if (answered) slowestAnswerMs = Math.max(slowestAnswerMs, performance.now() - from);
      await realClock.sleep(500, probing.signal).catch(() => undefined);
    }
  };
  const greetedAfterSeconds: number[] = [];
  /** Waits until new visitors, enough for every partition, are all greeted. @throws after `greetWithin`: it does not go on by itself */
  const greeted = async (): Promise<void> => {
    const from = performance.now();
    while (performance.now() - from < greetWithin * 1000) {
      const chats = Array.from({ length: 12 }, () => simulator.webim.open(simulator.webim.newVisitor().id));
      const greetedAll = (): boolean => chats.every((chat) => chat.messages.some((message) => message.kind === 'operator'));
      // Where Webim gave one to people, others are asked.
      const refused = (): boolean => chats.some((chat) => chat.state !== 'chatting_with_robot');
      await simulator.until(() => greetedAll() || refused(), 'new visitors are greeted', 60_000).catch(() => undefined);
      if (greetedAll()) {
        greetedAfterSeconds.push(Math.round((performance.now() - from) / 100) / 10);
        return;
      }
      // Twelve more chats each time: asked more often, they are a load of their own.
      await realClock.sleep(2_000);
    }
    throw new Error(`new visitors are not greeted ${greetWithin} s after everything is there again`);
  };
  let toPeople = 0;
  let heldByDeadBot = 0;
  /** Lets so many seconds pass, and looks which chats wait for a bot that can't answer, longer than it takes to give them to people. */
  const away = async (seconds: number): Promise<void> => {
    const { webim } = simulator;
    const before = new Set(
      webim
        .chats()
        .filter((one) => one.state === 'chatting_with_robot')
        .map((one) => one.id),
    );
    const waiting = new Map<number, number>();
    const from = performance.now();
    const limitFrom = realClock.now() + silenceLimitSeconds * 1000;
    const gone = new Set<number>();
    while (performance.now() - from < seconds * 1000) {
      await realClock.sleep(500);
      for (const chat of webim.chats()) {
        const last = chat.messages.at(-1);
        const waits = chat.state === 'chatting_with_robot' && last?.kind === 'visitor' && last.at > limitFrom;
        if (!waits) waiting.delete(chat.id);
        else if (!waiting.has(chat.id)) waiting.set(chat.id, performance.now());
        if (before.has(chat.id) && (chat.state === 'queue' || chat.state === 'chatting')) gone.add(chat.id);
      }
    }
    if (seconds < silenceLimitSeconds + 2 * handoverMarginSeconds) return;
    toPeople += gone.size;
    heldByDeadBot += [...waiting.values()].filter((since) => performance.now() - since > handoverMarginSeconds * 1000).length;
  };
  let loading: Promise<void> = Promise.resolve();
  const killed: Record<string, number> = {};
  try {
    const [first, second, ...guests] = projectors as [Member, Member, ...Member[]];
    await first.start();
    await Promise.all([second.start(), outbound.start(), ingress.start()]);
    loading = load.run();
    void probe();
    const pick = (): Member => (random() < 0.5 ? first : second);
    const victims = [
      { name: 'ingress', of: () => ingress },
      { name: 'projector', of: pick },
      { name: 'outbound', of: () => outbound },
      { name: 'kafka', of: () => ({ kill: power.kill, start: power.start }) },
      { name: 'event store', of: () => ({ kill: events.kill, start: events.restart }) },
    ] as const;
    for (let burst = 0; burst < lostAnswers; burst++) {
      await realClock.sleep(400 + random() * 600);
      // Enough of them that the client's own repetition is among them.
      proxy?.loseProduceAnswers('cut', 40);
    }
    for (let kill = 0; kill < kills; kill++) {
      await realClock.sleep(500 + random() * 2_000);
      // Each in turn, from a random start: at least a fifth of the kills for every process.
      const victim = victims[(kill + seed) % victims.length];
      if (victim === undefined) continue;
      say(`${kill + 1}: ${victim.name}`);
      killed[victim.name] = (killed[victim.name] ?? 0) + 1;
      const one = victim.of();
      await one.kill();
      await realClock.sleep(random() * 1_500);
      await one.start();
      // A guest joins or leaves.
      const guest = guests[kill % guests.length];
      if (guest !== undefined && kill % 4 === 1) await guest.start();
      if (guest !== undefined && kill % 4 === 3) await guests[(kill - 2) % guests.length]?.stop();
      await allAlive(members, dataDir);
    }
    if (calm) {
      load.stop();
      await loading;
    }
    if (kills > 0) await greeted();
    for (let freeze = 0; freeze < freezes; freeze++) {
      const one = freeze % 2 === 0 ? first : second;
      say(`${one.name} stands still`);
      one.signal('SIGSTOP');
      await realClock.sleep(frozenMs);
      one.signal('SIGCONT');
      await realClock.sleep(3_000);
    }
    for (const { away: what, seconds } of outages) {
      say(`${what} away for ${seconds} s`);
      const servers = [
        ...(what === 'event store' ? [] : [{ kill: power.kill, start: power.start }]),
        ...(what === 'kafka' ? [] : [{ kill: events.kill, start: events.restart }]),
      ];
      await Promise.all(servers.map((one) => one.kill()));
      await away(seconds);
      await Promise.all(servers.map((one) => one.start()));
      await greeted();
      await realClock.sleep(5_000);
      await allAlive(members, dataDir);
    }
    await realClock.sleep(2_000);
    load.stop();
    probing.abort();
    await loading;
    const from = performance.now();
    // What a planted bug has broken for good is not answered however often Webim asks.
    await Promise.race([simulator.idle(), realClock.sleep(planted === undefined ? 300_000 : 10_000)]);
    await atRest(
      logUrl,
      events.url,
      simulator.webim.chats().map((one) => one.id),
      () => simulator.journal().length,
      planted === undefined ? 300 : 15,
    );
    const restSeconds = Math.round((performance.now() - from) / 100) / 10;
    for (const member of members) await member.stop();
    const store = await openEventStore({ url: events.url, clock: realClock });
    const journals = await journalsOf(store, account, simulator);
    await store.close();
    const histories = [...journals.histories.values()].flat();
    return {
      findings: compare(journals),
      webhooks: journals.webhooks.length,
      answered200: journals.webhooks.filter((one) => one.answered200).length,
      effects: histories.filter((one) => one.type === 'EffectOpened').length,
      inDoubt: histories.filter((one) => one.type === 'EffectRetried' && one.data.why === 'in_doubt').length,
      chats: journals.histories.size,
      killed,
      greetedAfterSeconds,
      restSeconds,
      answersLost: proxy?.lost() ?? 0,
      toPeople,
      heldByDeadBot,
      slowestAnswerMs: Math.round(slowestAnswerMs),
      oldReplies: [...journals.histories.values()].reduce((sum, one) => sum + oldRepliesOf(one), 0),
    };
  } finally {
    load.stop();
    probing.abort();
    await loading;
    for (const member of members) await member.kill();
    await simulator.stop();
    await simulating;
    await events.destroy();
    await kafka.stop();
    await proxy?.close();
    await rm(dataDir, { recursive: true, force: true });
  }
};

/** @throws where one ended by itself, with the last that it said and logged */
const allAlive = async (members: readonly Member[], dataDir: string): Promise<void> => {
  for (const member of members) {
    const said = member.failed();
    if (said === undefined) continue;
    const logged = await readFile(join(dataDir, member.name, 'engine.log'), 'utf8').catch(() => '');
    throw new Error(`${member.name} ended by itself: ${said}\n${logged.slice(-3_000)}`);
  }
};

/** Nothing waits and no effect is open; or nothing has moved for 30 s, or it takes too long: then the comparison says what is missing. */
const atRest = async (
  logUrl: string,
  eventsUrl: string,
  chats: readonly number[],
  journal: () => number,
  withinSeconds: number,
): Promise<void> => {
  const store = await openEventStore({ url: eventsUrl, clock: realClock });
  const log = await openLog({ url: logUrl, clock: realClock });
  try {
    const state = async (): Promise<{ resting: boolean; mark: string }> => {
      const lags = await Promise.all([log.lag(groups.projector, topics.inbox), log.lag(groups.outbound, topics.outbox)]);
      const tails: (RecordedEvent | undefined)[] = [];
      for (const chat of chats) {
        const stream = dialogStream({ account: account as AccountId, chatId: String(chat) as ChatId });
        tails.push((await store.read(stream, { direction: 'backwards', maxCount: 1 }))[0]);
      }
      const waiting = lags.flat().reduce((sum, one) => sum + one.lag, 0);
      return {
        resting: waiting <= 8 && tails.every((tail) => (tail?.metadata as EventMetadata | undefined)?.head === null),
        mark: `${journal()} ${tails.map((tail) => tail?.revision ?? -1).join()}`,
      };
    };
    let before = await state();
    const from = performance.now();
    for (let still = 0; still < 30 && performance.now() - from < withinSeconds * 1000; ) {
      await realClock.sleep(1_000);
      const now = await state();
      still = now.mark === before.mark ? still + 1 : 0;
      before = now;
      if (now.resting && still >= 3) return;
    }
  } finally {
    await log.close();
    await store.close();
  }
};
