import type { RefusalReason } from '@dialog/contracts/inbox';

/** What one HTTP attempt came to. The classes are those of webim-protocol §3.5. */
export type BotApiAnswer =
  /** Status and body both say so. */
  | { readonly kind: 'accepted'; readonly status: number }
  /** Webim answered and did not do it; a repeat would be answered the same. */
  | {
      readonly kind: 'refused';
      readonly reason: RefusalReason;
      /** Webim's own code as it spelled it, at most 200 characters, or `http_{status}`; `unknown` where it said none, or a sentence, which is in `desc`. */
      readonly code: string;
      readonly status: number;
      readonly desc?: string;
    }
  /** Webim answered and did not do it now. */
  | {
      readonly kind: 'retry_later';
      readonly code: string;
      readonly status: number;
      /** From `Retry-After`, ms. */
      readonly retryAfterMs?: number;
      /** A fault of Webim's own (500): worth a few attempts, not for ever. */
      readonly aFewTimes?: true;
      readonly desc?: string;
    }
  /** Nothing was written to Webim: a repeat is safe. */
  | { readonly kind: 'not_sent'; readonly code: WireCode }
  /** The request was written and no answer tells what became of it: a repeat may duplicate. */
  | { readonly kind: 'in_doubt'; readonly code: WireCode; readonly status?: number };

export type WireCode =
  | 'dns'
  /** The connection's own `lookup` did not let it go there. */
  | 'refused_address'
  | 'connect'
  | 'tls'
  | 'timeout'
  | 'reset'
  | 'aborted'
  | 'protocol'
  /** A success status whose body is no JSON object: a proxy's page, an empty body. */
  | 'not_json'
  /** A success status whose body is longer than we read. */
  | 'body_too_large';
