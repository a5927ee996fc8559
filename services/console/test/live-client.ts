/** Reads server-sent events one by one. */
export type LiveClient = {
  /** The next event of that name. @throws after `withinMs` of real time */
  readonly next: (name: string, withinMs?: number) => Promise<unknown>;
  readonly close: () => void;
};

export const liveClient = async (url: string, headers: Readonly<Record<string, string>> = {}): Promise<LiveClient> => {
  const abort = new AbortController();
  const response = await fetch(url, { signal: abort.signal, headers });
  if (!response.ok || response.body === null) throw new Error(`live answered ${response.status}`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const nextEvent = async (): Promise<{ name: string; data: unknown }> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const lines = text.slice(0, end).split('\n');
        text = text.slice(end + 2);
        const field = (key: string) => lines.find((line) => line.startsWith(`${key}: `))?.slice(key.length + 2);
        const [name, data] = [field('event'), field('data')];
        if (name !== undefined && data !== undefined) return { name, data: JSON.parse(data) };
        continue;
      }
      const { value, done } = await reader.read();
      if (done) throw new Error('the stream ended');
      text += value;
    }
  };
  return {
    next: async (name, withinMs = 5_000) => {
      const late = AbortSignal.timeout(withinMs);
      late.addEventListener('abort', () => abort.abort());
      for (;;) {
        const event = await nextEvent();
        if (event.name === name) return event.data;
      }
    },
    close: () => abort.abort(),
  };
};
