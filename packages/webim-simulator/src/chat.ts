export type ChatState = 'queue' | 'chatting_with_robot' | 'chatting' | 'closed_by_operator' | 'closed';

export type SimulatedMessage = {
  readonly id: string;
  readonly kind: string;
  readonly text?: string;
  readonly buttons?: readonly (readonly { readonly id: string; readonly text: string }[])[];
  readonly data?: unknown;
  readonly operatorId?: number;
  /** ms since the epoch. */
  readonly at: number;
};

export type SimulatedVisitor = { readonly id: string; readonly fields: Readonly<Record<string, string>> };

/** One chat as Webim has it. */
export type SimulatedChat = {
  readonly id: number;
  readonly visitor: SimulatedVisitor;
  state: ChatState;
  department: string;
  operatorId: number | null;
  readonly messages: SimulatedMessage[];
  readonly createdAt: number;
  lastActivityAt: number;
  softClosedAt: number | null;
  closedAt: number | null;
  closedBy: 'operator' | 'visitor' | 'inactivity_timer' | null;
};

export const isOpen = (chat: SimulatedChat): boolean => chat.state !== 'closed';
