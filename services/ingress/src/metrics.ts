/** What ingress counts; the registry behind it is the process's. */
export type IngressMetrics = {
  /** One webhook, answered. `event`: one that Webim is known to send, else `unknown`. `verdict`: accepted, spooled, refused, quarantined, not_found, unavailable, too_big, too_slow. */
  readonly webhook: (labels: { account: string; event: string; verdict: string }) => void;
  readonly acknowledged: (seconds: number) => void;
  /** So many inputs are on this machine's disk and not in the log. */
  readonly spooled: (inputs: number) => void;
};

export const noMetrics: IngressMetrics = { webhook: () => undefined, acknowledged: () => undefined, spooled: () => undefined };
