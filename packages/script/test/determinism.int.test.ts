import { execFile } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const scripts = [path('./support.yaml'), path('./kit/everything.yaml'), path('../../../services/standalone/bots/support.yaml')];

/** As plain JavaScript, so that a Node that reads no types can run it too. */
const folder = mkdtempSync(join(tmpdir(), 'dialog-script-'));
beforeAll(async () => {
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: path('./kit/digest.ts'),
      outDir: folder,
      target: 'node20',
      minify: false,
      rolldownOptions: { output: { entryFileNames: 'digest.mjs' } },
    },
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const digest = async (node: string, environment: Record<string, string> = {}): Promise<string> => {
  const { stdout } = await run(node, [join(folder, 'digest.mjs'), ...scripts], { env: { ...process.env, ...environment } });
  return stdout.trim();
};

/** Every Node on the path whose version is not ours. */
const otherNodes = async (): Promise<readonly (readonly [string, string])[]> => {
  const found: (readonly [string, string])[] = [];
  for (const folderOnPath of (process.env['PATH'] ?? '').split(delimiter)) {
    const node = join(folderOnPath, 'node');
    try {
      accessSync(node, constants.X_OK);
      const version = (await run(node, ['--version'])).stdout.trim();
      if (version !== process.version && !found.some(([, known]) => known === version)) found.push([node, version]);
    } catch {
      // No Node there.
    }
  }
  return found;
};

it('the same in every process, time zone, locale and Node', async () => {
  const first = await digest(process.execPath);
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  const environments: readonly Record<string, string>[] = [
    {},
    { TZ: 'Asia/Kathmandu' },
    { TZ: 'America/St_Johns', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
    { TZ: 'Pacific/Chatham', LANG: 'ar_EG.UTF-8', LC_ALL: 'C' },
  ];
  for (const environment of environments) expect(await digest(process.execPath, environment), JSON.stringify(environment)).toBe(first);
  for (const [node, version] of await otherNodes()) {
    if (Number(version.slice(1).split('.')[0]) < 20) continue;
    expect(await digest(node, { TZ: 'Asia/Tokyo', LANG: 'de_DE.UTF-8' }), version).toBe(first);
  }
});
