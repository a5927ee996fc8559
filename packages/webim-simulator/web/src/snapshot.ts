import { useEffect, useState } from 'react';

export type Message = {
  id: string;
  kind: string;
  text?: string;
  buttons?: { id: string; text: string }[][];
  data?: { name?: string; button?: { text?: string } };
  operatorId?: number;
  at: number;
};
export type Chat = {
  id: number;
  visitor: { id: string };
  state: 'queue' | 'chatting_with_robot' | 'chatting' | 'closed_by_operator' | 'closed';
  department: string;
  operatorId: number | null;
  messages: Message[];
  lastActivityAt: number;
  softClosedAt: number | null;
};
export type Snapshot = {
  now: number;
  clockRate: number;
  botOperatorId: number;
  operators: { id: number; name: string }[];
  visitors: { id: string }[];
  chats: Chat[];
  timeouts: { inactivityMs: number; closedByOperatorMs: number; gridMs: number };
  journal: {
    seq: number;
    at: number;
    direction: 'in' | 'out';
    kind: string;
    name: string;
    chatId: number | null;
    status: number;
    request: unknown;
    response: unknown;
    done: boolean;
  }[];
};

/** The simulator's state, live. */
export const useSnapshot = (): { snapshot: Snapshot | undefined; connected: boolean } => {
  const [snapshot, setSnapshot] = useState<Snapshot>();
  const [connected, setConnected] = useState(true);
  useEffect(() => {
    const source = new EventSource('/control/live');
    source.onmessage = (event) => {
      setSnapshot(JSON.parse(event.data as string) as Snapshot);
      setConnected(true);
    };
    source.onerror = () => setConnected(false);
    return () => source.close();
  }, []);
  return { snapshot, connected };
};

export const act = async (action: string, body: unknown): Promise<Record<string, unknown>> => {
  const response = await fetch(`/control/${action}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Record<string, unknown>;
};
