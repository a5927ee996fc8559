/** Everything long-running. `run` resolves after `stop`, and rejects when the service can't go on: then the process must end. */
export type Service = {
  readonly run: () => Promise<void>;
  readonly stop: () => Promise<void>;
};
