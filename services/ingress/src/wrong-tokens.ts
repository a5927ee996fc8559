/** One record a minute of each account's address, real ms: anybody can knock with a wrong token, and must fill no disk by it. */
const pauseMs = 60_000;

/** Which knocks with a wrong token are written down for the doctor. Bounded: an account that is configured has at most four addresses. */
export const wrongTokens = () => {
  const notedAt = new Map<string, number>();
  return {
    /** `address`: `bot`, or the handler's event. `now`: monotonic ms. */
    isNoted: (account: string, address: string, now: number): boolean => {
      const key = `${account} ${address}`;
      const before = notedAt.get(key);
      if (before !== undefined && now - before < pauseMs) return false;
      notedAt.set(key, now);
      return true;
    },
  };
};
