import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { ask, type ConsoleOptions, dialogPath, fail, type ReasonOptions, withConsole, withReason } from '../console-api.ts';
import { duration, instant, table } from '../table.ts';

type Out = (text: string) => void;
type Head = { kind: string; attempt: number; code: string | null; why: string | null; notBefore: number | null } | null;
type Waiting = {
  account: string;
  chatId: string;
  owner: string | null;
  since: number;
  head: Head;
  openEffects: number;
  waitingMessages: number;
};
type Group = {
  group: string;
  topic: string;
  state: string | null;
  lag: number;
  ageMs: number | null;
  inPerSecond: number | null;
  outPerSecond: number | null;
  clearInMs: number | null;
  members: number | null;
};

/** For the person on call: `lag`, `stuck`, `waiting`, `timers`, `accounts`, `quarantine`, `stop`, `start`, `audit`. All of it is what the console knows. */
export const opsCommands = (program: Command, accounts: Command, out: Out): void => {
  withConsole(program.command('lag').description('how far each group is, and whether all is well'))
    .addHelpText(
      'after',
      "\nExit codes: 0 all is well, 1 it is not or it is not known, 2 the console can't be asked.\n\nExample:\n  dialogctl lag || page-somebody",
    )
    .action(async (options: ConsoleOptions) => {
      const report = (await ask(options, '/api/lag')) as { now: number; at: number | null; unknownSince: number | null; groups: Group[] };
      const { parts } = (await ask(options, '/api/parts')) as { parts: { part: string; state: string; since: number | null }[] };
      const isWell =
        report.unknownSince === null &&
        report.groups.every(({ state }) => state === 'OK' || state === null) &&
        parts.every(({ state }) => state !== 'away');
      process.exitCode = isWell ? 0 : 1;
      if (options.json === true) return out(JSON.stringify({ ...report, parts }));
      for (const { part, state, since } of parts)
        if (state === 'away') out(`The ${part} does not answer${since === null ? '' : ` since ${instant(since)}`}.`);
      if (report.unknownSince !== null) return out(`Unknown since ${instant(report.unknownSince)}.`);
      const rate = (value: number | null) => (value === null ? '-' : value.toFixed(1));
      const line = (one: Group) => [
        one.group,
        one.topic,
        one.state ?? 'measuring',
        one.lag,
        duration(one.ageMs),
        rate(one.inPerSecond),
        rate(one.outPerSecond),
        one.lag === 0 ? '-' : duration(one.clearInMs),
        one.members ?? '-',
      ];
      out(table(['GROUP', 'TOPIC', 'STATE', 'WAITING', 'OLDEST', 'IN/S', 'OUT/S', 'CLEAR IN', 'READERS'], report.groups.map(line)));
      out(isWell ? 'All is well.' : 'Not all is well.');
    });

  withConsole(
    program
      .command('stuck')
      .description('dialogs that do not go on, by cause')
      .option('--account <id>', 'of one account')
      .option('--cause <cause>', 'parked, in_doubt, circuit_open, close_overdue, no_progress, queue_too_long'),
  )
    .addHelpText(
      'after',
      "\nExit codes: 0 nothing is stuck, 1 something is, 2 the console can't be asked or refuses.\n\nExample:\n  dialogctl stuck --cause no_progress",
    )
    .action(async (options: ConsoleOptions & { account?: string; cause?: string }) => {
      const found = (await ask(options, `/api/stuck?${queryOf({ account: options.account, cause: options.cause })}`)) as {
        now: number;
        causes: { cause: string; count: number }[];
        dialogs: (Waiting & { cause: string; reason: string | null })[];
      };
      process.exitCode = found.causes.length === 0 ? 0 : 1;
      if (options.json === true) return out(JSON.stringify(found));
      if (found.causes.length === 0) return out('Nothing is stuck.');
      const line = (one: (typeof found.dialogs)[number]) => [
        one.cause,
        `${one.account}/${one.chatId}`,
        one.owner ?? '-',
        duration(found.now - one.since),
        one.reason ?? '',
        tried(one.head),
      ];
      out(table(['CAUSE', 'DIALOG', 'OWNER', 'FOR', 'REASON', 'TRIES'], found.dialogs.map(line)));
      for (const { cause, count } of found.causes) {
        const shown = found.dialogs.filter((one) => one.cause === cause).length;
        if (count > shown) out(`and ${count - shown} more: ${cause}`);
      }
    });

  withConsole(
    program
      .command('waiting')
      .description('dialogs in which something is on its way or waits, longest first')
      .option('--account <id>', 'of one account'),
  ).action(async (options: ConsoleOptions & { account?: string }) => {
    const found = (await ask(options, `/api/waiting?${queryOf({ account: options.account })}`)) as {
      now: number;
      count: number;
      dialogs: Waiting[];
    };
    if (options.json === true) return out(JSON.stringify(found));
    if (found.count === 0) return out('Nothing waits.');
    const line = (one: Waiting) => [
      `${one.account}/${one.chatId}`,
      one.owner ?? '-',
      duration(found.now - one.since),
      one.openEffects,
      one.waitingMessages,
      tried(one.head),
    ];
    out(table(['DIALOG', 'OWNER', 'FOR', 'EFFECTS', 'MESSAGES', 'TRIES'], found.dialogs.map(line)));
    if (found.count > found.dialogs.length) out(`and ${found.count - found.dialogs.length} more`);
  });

  withConsole(
    program
      .command('timers')
      .description('armed timers, earliest first, with the event that armed each')
      .option('--account <id>', 'of one account')
      .option('--due', 'only those whose time has come')
      .option('--limit <count>', 'at most so many, 1 to 500', '50'),
  )
    .addHelpText('after', '\nExample:\n  dialogctl timers --due')
    .action(async (options: ConsoleOptions & { account?: string; due?: boolean; limit: string }) => {
      const query = queryOf({ account: options.account, state: options.due === true ? 'due' : undefined, limit: options.limit });
      const found = (await ask(options, `/api/timers?${query}`)) as {
        now: number;
        total: number;
        due: number;
        timers: {
          account: string;
          chatId: string;
          name: string;
          at: number;
          state: string;
          setBy: number;
          input: string | null;
          step: string | null;
        }[];
      };
      if (options.json === true) return out(JSON.stringify(found));
      const line = (one: (typeof found.timers)[number]) => [
        `${one.account}/${one.chatId}`,
        one.name,
        one.at > found.now ? `in ${duration(one.at - found.now)}` : `${duration(found.now - one.at)} ago`,
        one.state,
        `event ${one.setBy}, ${one.input ?? '-'}`,
        one.step ?? '',
      ];
      if (found.timers.length > 0) out(table(['DIALOG', 'TIMER', 'DUE', 'STATE', 'ARMED BY', 'STEP'], found.timers.map(line)));
      out(`${found.total} armed, ${found.due} due.`);
    });

  withConsole(
    accounts.command('list', { isDefault: true }).description('how each account’s Webim answers: circuit, rate, errors by code'),
  ).action(async (options: ConsoleOptions) => {
    const found = (await ask(options, '/api/accounts')) as {
      accounts: {
        account: string;
        circuit: string;
        perMinute: number;
        stopped: { by: string } | null;
        open: number;
        inQueue: number;
        parked: number;
        results: { outcome: string; code: string | null; count: number }[];
      }[];
    };
    if (options.json === true) return out(JSON.stringify(found));
    const errors = (results: (typeof found.accounts)[number]['results']) =>
      results.flatMap(({ outcome, code, count }) => (outcome === 'accepted' ? [] : [`${code ?? outcome} ×${count}`])).join(', ');
    const line = (one: (typeof found.accounts)[number]) => [
      one.account,
      one.stopped === null ? 'runs' : `stopped by ${one.stopped.by}`,
      one.circuit,
      one.perMinute,
      one.open,
      one.inQueue,
      one.parked,
      errors(one.results),
    ];
    out(table(['ACCOUNT', 'BOT', 'CIRCUIT', 'PER MIN', 'OPEN', 'QUEUE', 'PARKED', 'NOT ACCEPTED'], found.accounts.map(line)));
  });

  quarantineCommands(program, out);

  for (const how of ['stop', 'start'] as const) {
    withReason(
      withConsole(
        program
          .command(`${how} <what>`)
          .description(
            how === 'stop'
              ? 'the kill switch: the bot of an account or of one dialog ({account}/{chatId}) takes no further input, people get its chats'
              : 'let a stopped bot run again',
          )
          .option('--script <hash>', 'with an account: only the dialogs of this version of its script'),
      ),
    )
      .addHelpText(
        'after',
        `\nExamples:\n  dialogctl ${how} shop --reason "it promises refunds" --dry-run\n  dialogctl ${how} shop/4711 --reason "a person asked for it"\n\nExit codes: 0 asked, 1 it was so before, 2 it could not be asked.`,
      )
      .action(async (what: string, options: ReasonOptions & { readonly script?: string }) => {
        const [account, chatId] = /[/:]/.test(what) ? dialogPath(what).split('/') : [what];
        const answer = (await ask(options, `/api/${how}`, {
          account,
          ...(chatId === undefined ? {} : { chatId }),
          ...(options.script === undefined ? {} : { script: options.script }),
          by: options.by,
          reason: options.reason,
          dryRun: options.dryRun === true,
        })) as { asItWas: boolean; withBot: number };
        process.exitCode = answer.asItWas ? 1 : 0;
        if (options.json === true) return out(JSON.stringify(answer));
        if (answer.asItWas) return out('It was so before: nothing is done.');
        if (how === 'stop')
          out(
            `${answer.withBot} chat(s) that the bot has ${options.dryRun === true ? 'would go' : 'go'} to people${chatId === undefined ? ', each with its next input' : ''}.`,
          );
        out(options.dryRun === true ? 'A dry run: nothing was done.' : 'Asked.');
      });
  }

  withConsole(
    program
      .command('audit')
      .description('what operators did: who, what, why, when')
      .option('--account <id>', 'of one account')
      .option('--limit <count>', 'at most so many, 1 to 500', '50'),
  ).action(async (options: ConsoleOptions & { account?: string; limit: string }) => {
    const { actions } = (await ask(options, `/api/audit?${queryOf({ account: options.account, limit: options.limit })}`)) as {
      actions: {
        account: string;
        action: string;
        by: string;
        reason: string;
        at: number;
        chatId?: string;
        script?: string;
        place?: string;
      }[];
    };
    if (options.json === true) return out(JSON.stringify(actions));
    if (actions.length === 0) return out('Nobody did anything yet.');
    out(
      table(
        ['TIME', 'WHO', 'WHAT', 'WHERE', 'WHY'],
        actions.map((one) => [
          instant(one.at),
          one.by,
          one.action,
          [one.account, one.chatId ?? one.script ?? one.place].filter((part) => part !== undefined).join('/'),
          one.reason,
        ]),
      ),
    );
  });
};

const quarantineCommands = (program: Command, out: Out): void => {
  const quarantine = program.command('quarantine').description('webhooks that the door could not take');
  const place = (given: string): string =>
    /^\d{1,6}\/\d{1,15}$/.test(given) ? given : fail(`${given} is no place: {partition}/{offset} is wanted`);
  withConsole(quarantine.command('list', { isDefault: true }).description('all of them, newest first')).action(
    async (options: ConsoleOptions) => {
      const found = (await ask(options, '/api/quarantine')) as {
        now: number;
        records: {
          partition: number;
          offset: number;
          account: string;
          receivedAt: number;
          verdict: string;
          event: string | null;
          bytes: number;
          fed: { by: string } | null;
        }[];
      };
      if (options.json === true) return out(JSON.stringify(found.records));
      if (found.records.length === 0) return out('The quarantine is empty.');
      const line = (one: (typeof found.records)[number]) => [
        `${one.partition}/${one.offset}`,
        one.account,
        one.verdict,
        one.event ?? '-',
        one.bytes,
        duration(found.now - one.receivedAt),
        one.fed === null ? '' : `given by ${one.fed.by}`,
      ];
      out(table(['PLACE', 'ACCOUNT', 'VERDICT', 'EVENT', 'BYTES', 'AGO', ''], found.records.map(line)));
    },
  );
  withConsole(quarantine.command('show <place>').description('one with its body, and what the door would make of it today')).action(
    async (given: string, options: ConsoleOptions) => {
      const one = (await ask(options, `/api/quarantine/${place(given)}`)) as {
        body: string | null;
        bodyBase64: string;
        reads: { refused?: string; type?: string; chatId?: string };
      };
      if (options.json === true) return out(JSON.stringify(one));
      out(one.body ?? one.bodyBase64);
      out(
        one.reads.refused === undefined
          ? `The door reads it today as ${one.reads.type} of chat ${one.reads.chatId}.`
          : `The door can't read it today either: ${one.reads.refused}.`,
      );
    },
  );
  withReason(
    withConsole(
      quarantine
        .command('feed <place>')
        .description('give it to the engine as an input')
        .option('--body <file>', 'what it should have been, repaired by hand'),
    ),
  ).action(async (given: string, options: ReasonOptions & { readonly body?: string }) => {
    const answer = (await ask(options, `/api/quarantine/${place(given)}/feed`, {
      by: options.by,
      reason: options.reason,
      dryRun: options.dryRun === true,
      ...(options.body === undefined ? {} : { body: readFileSync(options.body, 'utf8') }),
    })) as { account: string; chatId: string; type: string };
    if (options.json === true) return out(JSON.stringify(answer));
    out(
      `${answer.type} of ${answer.account}/${answer.chatId}${options.dryRun === true ? ': a dry run, nothing was done.' : ' is given to the engine.'}`,
    );
  });
  quarantine.addHelpText(
    'after',
    '\nExamples:\n  dialogctl quarantine list\n  dialogctl quarantine show 3/17\n  dialogctl quarantine feed 3/17 --body repaired.json --reason "a brace was lost"',
  );
};

const tried = (head: Head): string => {
  if (head === null) return '';
  const failed = head.code ?? head.why;
  return [head.kind, `attempt ${head.attempt}`, failed, head.notBefore === null ? null : `next ${instant(head.notBefore).slice(11)}`]
    .filter((part) => part !== null)
    .join(', ');
};

const queryOf = (given: Readonly<Record<string, string | undefined>>): URLSearchParams =>
  new URLSearchParams(Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
