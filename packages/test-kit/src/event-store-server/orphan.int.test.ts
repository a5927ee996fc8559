import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, vi } from 'vitest';

it('the server ends with the process that started it, even where that is killed', async () => {
  const module = new URL('../event-store.ts', import.meta.url).href;
  const script = `
    const { startEventStoreProcess } = await import(${JSON.stringify(module)});
    const { url } = await startEventStoreProcess();
    process.stdout.write(url + '\\n');
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
  const address = chunk.toString().trim().replace('esdb:', 'http:').replace(/\?.*/, '');
  // Any answer, or its lack for being HTTP/2, shows that somebody listens; a refused connection that nobody does.
  const listening = () =>
    fetch(address, { signal: AbortSignal.timeout(2_000) }).then(
      () => true,
      (error: Error) => !/ECONNREFUSED/.test(String((error.cause as Error | undefined)?.message)),
    );
  expect(await listening()).toBe(true);
  const ended = once(parent, 'exit');
  parent.kill('SIGKILL');
  await ended;
  await vi.waitFor(async () => expect(await listening()).toBe(false), { timeout: 10_000, interval: 50 });
});
