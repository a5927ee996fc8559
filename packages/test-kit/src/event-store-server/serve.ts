import { setTimeout as sleep } from 'node:timers/promises';
import type { sendUnaryData } from '@grpc/grpc-js';
import { accessDenied, internal, noLeaderInfo, notLeader, operationTimedOut, type RpcError, serverNotReady } from './errors.ts';
import type { Fault, FaultMethod, Faults } from './faults.ts';
import type { EventServerStore } from './store.ts';

/** What every handler of the server shares. */
export type Serving = {
  readonly store: EventServerStore;
  readonly faults: Faults;
  /** Resets every connection. */
  readonly cut: () => void;
  /** Whether the connection from `{address}:{port}` still stands. */
  readonly isConnected: (peer: string) => boolean;
  readonly address: () => { readonly host: string; readonly port: number };
};

export type Struck =
  | { readonly kind: 'go_on'; readonly after?: 'no_answer' | 'cut' | 'timeout' }
  | { readonly kind: 'silence' }
  | { readonly kind: 'refuse'; readonly error: RpcError };

/** What an armed fault makes of this call, before anything is done. */
export const strike = async (serving: Serving, method: FaultMethod, stream?: string): Promise<Struck> => {
  const fault = serving.faults.strike(method, stream);
  if (fault === undefined) return { kind: 'go_on' };
  switch (fault.kind) {
    case 'delay':
      await sleep(fault.delayMs ?? 100);
      return { kind: 'go_on' };
    case 'no_answer':
      return { kind: 'silence' };
    case 'cut_before_commit':
      serving.cut();
      return { kind: 'silence' };
    case 'no_answer_after_commit':
      return { kind: 'go_on', after: 'no_answer' };
    case 'cut_after_commit':
      return { kind: 'go_on', after: 'cut' };
    case 'timeout_after_commit':
      return { kind: 'go_on', after: 'timeout' };
    default:
      return { kind: 'refuse', error: refusal(serving, fault) };
  }
};

const refusal = (serving: Serving, fault: Fault): RpcError => {
  switch (fault.kind) {
    case 'unavailable':
      return serverNotReady();
    case 'access_denied':
      return accessDenied();
    case 'no_leader':
      return noLeaderInfo();
    case 'not_leader': {
      const leader = fault.leader ?? serving.address();
      return notLeader(leader.host, leader.port);
    }
    case 'timeout_after_commit':
      return operationTimedOut();
    default:
      return internal();
  }
};

/** Answers a call with what the work gives, or with its error; not at all where it gives nothing. */
export const answering = async <T>(send: sendUnaryData<T>, work: () => Promise<T | undefined>): Promise<void> => {
  let answer: T | undefined;
  try {
    answer = await work();
  } catch (error) {
    send(error as RpcError, null);
    return;
  }
  if (answer !== undefined) send(null, answer);
};
