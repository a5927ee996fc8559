/** Everything long-running. `run` resolves after `stop`, and rejects when the service can't go on: then the process must end. */
export type Service = {
  readonly run: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** When the loop that it stands on last turned, this process's monotonic ms. It turns while others are away, too. */
  readonly turnedAt?: () => number;
};
