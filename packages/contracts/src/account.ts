import type { AccountId } from './ids.ts';
import type { Secret } from './secret.ts';
import type { DialogSettings } from './settings.ts';

/** One account as the services use it: checked, defaults filled in. The accounts file is parsed by service-kit. */
export type AccountConfig = {
  readonly id: AccountId;
  readonly webim: {
    /** Bare host name, optionally with a port. */
    readonly host: string;
    /** No trailing slash: `https://{host}`, or the override for a proxy or a test. */
    readonly baseUrl: string;
    readonly token: Secret;
    /** Administrator's e-mail and password for the Stored Data API. */
    readonly login?: string;
    readonly password?: Secret;
  };
  /** SHA-256 of each live webhook token, 64 hex digits; one or two. */
  readonly webhookTokenHashes: readonly string[];
  /** Absolute path of the script's file. */
  readonly scriptFile: string;
  /** What `http` steps may do; left out: nothing. Read by outbound alone, so it changes no decision and stands in no history. */
  readonly http?: HttpStepsConfig;
  /** What can change a decision; pinned by hash in the history. */
  readonly settings: DialogSettings;
};

export type HttpStepsConfig = {
  /** `host` (the scheme's own port), `host:port`, or `*.domain` for all below it; lower case. */
  readonly allowHosts: readonly string[];
  /** Addresses of the own network may be asked: a test, an intranet. */
  readonly allowPrivate: boolean;
  /** By name, for `{{ secret.name }}`. */
  readonly secrets: ReadonlyMap<string, Secret>;
};

export type Accounts = {
  readonly get: (id: string) => AccountConfig | undefined;
  readonly all: () => readonly AccountConfig[];
};
