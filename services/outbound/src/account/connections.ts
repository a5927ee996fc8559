import type { AccountConfig, Accounts, HttpStepsConfig } from '@dialog/contracts/account';
import type { Clock } from '@dialog/contracts/clock';
import { type WebimBotApi, webimBotApi } from '@dialog/webim/bot-api/client';
import { type WebimStoredData, webimStoredData } from '@dialog/webim/stored-data/client';
import type { Logger } from 'pino';
import { type HttpSteps, type HttpStepsLimits, type HttpStepsOptions, httpSteps } from '../http/http-steps.ts';
import type { OutboundMetrics } from '../metrics.ts';
import { accountCircuit } from './circuit.ts';
import { type AccountGate, accountGate } from './gate.ts';
import { tokenBucket } from './token-bucket.ts';

/** The one way to an account's Webim. */
export type AccountConnection = {
  readonly botApi: WebimBotApi;
  /** Undefined where no administrator's credentials are configured. */
  readonly storedData: WebimStoredData | undefined;
  readonly gate: AccountGate;
  /** What the script asks other hosts by its `http` steps. */
  readonly http: HttpSteps;
};

export type AccountLimits = {
  /** Requests a second per account. Default 5 (webim-protocol §13.8). */
  readonly ratePerSecond?: number;
  /** Requests that may go at once after a quiet time: a reply of several texts in several chats. Default 20. */
  readonly burst?: number;
  /** Failures in a row that open an account's circuit. Default 5. */
  readonly circuitFailures?: number;
  /** Of `http` steps: not Webim, but each host that a script asks. */
  readonly http?: HttpStepsLimits;
};

/** First pause of an open circuit, doubled with each opening in a row. */
const circuitPauseMs = 5_000;
const circuitMaxPauseMs = 60_000;

export type AccountConnections = {
  /** @returns undefined for an account that is not configured. */
  readonly of: (account: string) => AccountConnection | undefined;
  readonly close: () => Promise<void>;
};

export const accountConnections = (options: {
  readonly accounts: Accounts;
  readonly clock: Clock;
  readonly httpTimeoutMs: number;
  readonly limits: AccountLimits;
  readonly logger: Logger;
  readonly metrics: OutboundMetrics | undefined;
  /** How `http` steps find the addresses of their hosts, where it is not the system's way. */
  readonly addresses?: Pick<HttpStepsOptions, 'resolve' | 'permits'>;
}): AccountConnections => {
  const { accounts, clock, httpTimeoutMs, limits, logger, metrics } = options;
  const open = new Map<string, AccountConnection>();

  const connect = (config: AccountConfig): AccountConnection => {
    const { baseUrl, token, login, password } = config.webim;
    const account = config.id;
    const circuit = accountCircuit({
      clock,
      failures: limits.circuitFailures ?? 5,
      pauseMs: circuitPauseMs,
      maxPauseMs: circuitMaxPauseMs,
      onOpen: (why) => {
        metrics?.circuit({ account }, true);
        if (why === 'unauthorized') logger.error({ event: 'account_unauthorized', account, alarm: true });
        else logger.warn({ event: 'circuit_opened', account });
      },
      onClose: () => {
        metrics?.circuit({ account }, false);
        logger.info({ event: 'circuit_closed', account });
      },
    });
    return {
      botApi: webimBotApi({ baseUrl, token, clock, timeoutMs: httpTimeoutMs }),
      storedData:
        login === undefined || password === undefined
          ? undefined
          : webimStoredData({ baseUrl, login, password, clock, timeoutMs: httpTimeoutMs }),
      gate: accountGate({
        clock,
        circuit,
        bucket: tokenBucket({ clock, ratePerSecond: limits.ratePerSecond ?? 5, burst: limits.burst ?? 20 }),
      }),
      http: httpSteps({
        config: config.http ?? nothingAllowed,
        clock,
        ...(limits.http === undefined ? {} : { limits: limits.http }),
        ...options.addresses,
        onCircuit: (host, open) =>
          open
            ? logger.warn({ event: 'http_circuit_opened', account, host })
            : logger.info({ event: 'http_circuit_closed', account, host }),
        onSecretMissing: (secret) => logger.error({ event: 'http_secret_missing', account, secret }),
      }),
    };
  };

  const disconnect = async ({ botApi, storedData, http }: AccountConnection): Promise<void> => {
    await Promise.all([botApi.close(), storedData?.close(), http.close()]);
  };

  return {
    of: (account) => {
      const known = open.get(account);
      if (known !== undefined) return known;
      const config = accounts.get(account);
      if (config === undefined) return undefined;
      const connection = connect(config);
      open.set(account, connection);
      return connection;
    },
    close: async () => {
      await Promise.all([...open.values()].map(disconnect));
      open.clear();
    },
  };
};

const nothingAllowed: HttpStepsConfig = { allowHosts: [], allowPrivate: false, secrets: new Map() };
