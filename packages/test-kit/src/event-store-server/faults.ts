/** What may be told to go wrong, over the control door. */
export type FaultKind =
  /** gRPC UNAVAILABLE before anything is done, as a server that is not ready answers. */
  | 'unavailable'
  /** gRPC INTERNAL, without trailers. */
  | 'internal'
  /** gRPC PERMISSION_DENIED with its trailers. */
  | 'access_denied'
  /** gRPC NOT_FOUND with the trailers of `RpcExceptions.LeaderInfo`; names this server as the leader unless `leader` says otherwise. */
  | 'not_leader'
  /** gRPC UNKNOWN "No leader info available in response": an election is under way. */
  | 'no_leader'
  /** The call is taken and never answered; nothing is done. */
  | 'no_answer'
  /** It is done, the answer is swallowed. */
  | 'no_answer_after_commit'
  /** Every connection is reset before anything is done. */
  | 'cut_before_commit'
  /** It is done and every connection is reset instead of the answer. */
  | 'cut_after_commit'
  /** The answer of the server's own time-out (`Timeout`), though it is done. */
  | 'timeout_after_commit'
  /** It takes `delayMs` longer. */
  | 'delay';

export type FaultMethod = 'GetSupportedMethods' | 'Append' | 'BatchAppend' | 'Read' | 'Subscribe' | 'Delete';

export type Fault = {
  readonly method: FaultMethod;
  readonly kind: FaultKind;
  /** How many calls it strikes. Default 1. */
  readonly times?: number;
  /** Only calls for streams whose name begins so. */
  readonly stream?: string;
  readonly delayMs?: number;
  readonly leader?: { readonly host: string; readonly port: number };
};

export type Faults = {
  readonly arm: (fault: Fault) => void;
  readonly disarm: () => void;
  /** The fault that strikes this call; it is used up by it. */
  readonly strike: (method: FaultMethod, stream?: string) => Fault | undefined;
  /** Calls taken since the start, by method. */
  readonly calls: Readonly<Record<string, number>>;
};

export const faultList = (): Faults => {
  let armed: { fault: Fault; left: number }[] = [];
  const calls: Record<string, number> = {};
  return {
    arm: (fault) => void armed.push({ fault, left: fault.times ?? 1 }),
    disarm: () => {
      armed = [];
    },
    strike: (method, stream = '') => {
      calls[method] = (calls[method] ?? 0) + 1;
      const found = armed.find(({ fault }) => fault.method === method && stream.startsWith(fault.stream ?? ''));
      if (found === undefined) return undefined;
      found.left -= 1;
      armed = armed.filter(({ left }) => left > 0);
      return found.fault;
    },
    calls,
  };
};
