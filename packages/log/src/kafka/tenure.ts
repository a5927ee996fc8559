/** What the member was given, from the group's word to the next one. */
export type Tenure = {
  readonly generation: number;
  /** Ascending. */
  readonly partitions: readonly number[];
  readonly memberId: string;
  /** The group's own number of this generation, by which the broker fences commits; known with the first heartbeat. */
  groupGeneration: number | undefined;
  readonly generationKnown: PromiseWithResolvers<void>;
  /** Ready, and `onAssigned` has been called. */
  begun: boolean;
  /** Next offset to take, per partition. */
  readonly positions: Map<number, number>;
  readonly committed: Map<number, number>;
  /** Above the high mark. */
  readonly full: Set<number>;
  /** Jumps that are being looked into. */
  readonly looking: Set<number>;
  /** Positions at which a gap was looked into and found to be one: compaction makes them. */
  readonly gaps: Map<number, number>;
};

export const tenureOf = (generation: number, memberId: string, partitions: readonly number[]): Tenure => ({
  generation,
  partitions: [...partitions].sort((a, b) => a - b),
  memberId,
  groupGeneration: undefined,
  generationKnown: Promise.withResolvers(),
  begun: false,
  positions: new Map(),
  committed: new Map(),
  full: new Set(),
  looking: new Set(),
  gaps: new Map(),
});
