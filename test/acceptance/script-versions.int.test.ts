import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ScriptVersions } from '@dialog/console/api/scripts';
import { sampleBot } from '@dialog/standalone/world';
import { expect, it, onTestFinished, vi } from 'vitest';
import { isCluster, scenarios } from './cluster.ts';
import { onStage, type Stage } from './stage.ts';

const greeting = /Здравствуйте[^"]*/u;

/** A stage whose bot stands in a file of its own, so that it can be changed. */
const withOwnScript = async (): Promise<Stage> => {
  const folder = await mkdtemp(join(tmpdir(), 'dialog-versions-'));
  if (!isCluster) onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const scriptFile = join(folder, 'bot.yaml');
  await copyFile(sampleBot, scriptFile);
  return onStage({ scriptFile });
};

const api = async (stage: Stage, path: string, body?: object): Promise<{ status: number; answer: never }> => {
  const response = await fetch(`${stage.world.engine().consoleUrl()}/api/${path}`, {
    ...(body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return { status: response.status, answer: (await response.json()) as never };
};
const versions = async (stage: Stage): Promise<ScriptVersions> => (await api(stage, `accounts/${stage.world.accountId}/scripts`)).answer;

const patience = { timeout: 60_000 };
const untilVersions = (stage: Stage, wanted: (now: ScriptVersions) => boolean): Promise<ScriptVersions> =>
  vi.waitFor(async () => {
    const now = await versions(stage);
    if (!wanted(now)) throw new Error(`never: ${JSON.stringify(now)}`);
    return now;
  }, patience);

/** Every process knows of a publication a moment after it: a chat that begins with it shows it. */
const untilHeard = (stage: Stage, wanted: RegExp): Promise<number> =>
  vi.waitFor(async () => {
    const chatId = await stage.welcomed();
    expect(stage.heard(chatId).join('\n')).toMatch(wanted);
    return chatId;
  }, patience);

scenarios('versions of a script', () => {
  it('a dialog keeps the version that it started with over three publications and a restart; new chats take the newest', async () => {
    const stage = await withOwnScript();
    const { accountId, scriptFile } = stage.world;
    const first = await stage.welcomed();
    const started = (await stage.history(first)).of('DialogStarted')[0]?.script;
    const source = await readFile(scriptFile, 'utf8');

    // By the file, without a restart.
    await writeFile(scriptFile, source.replace(greeting, 'Добрый день, версия 2.'));
    const second = await untilHeard(stage, /версия 2/);
    // By a command: it counts over the file, which did not change.
    for (const number of [3, 4]) {
      const published = await api(stage, `accounts/${accountId}/scripts`, {
        source: source.replace(greeting, `Добрый день, версия ${number}.`),
        by: 'author',
        reason: 'a test',
      });
      expect(published.status).toBe(200);
    }
    await untilHeard(stage, /версия 4/);
    await stage.world.stopEngine();
    await stage.world.startEngine();
    await untilHeard(stage, /версия 4/);

    stage.webim.press(first, 'price');
    const history = await stage.until(first, (now) => now.of('ScriptAdvanced').length > 1);
    const decidedBy = new Set(history.events.map((event) => event.metadata.script).filter((script) => script !== undefined));
    expect([...decidedBy]).toEqual([started]);
    expect((await stage.history(second)).of('DialogStarted')[0]?.script).not.toBe(started);

    const now = await untilVersions(stage, (all) => all.versions.some((one) => one.script === started && one.dialogs > 0));
    expect(now.versions.map((one) => one.source)).toEqual(['command', 'command', 'file', 'file']);
    expect(now.versions.filter((one) => one.current)).toHaveLength(1);
  });

  it('a file with errors is refused, once, with their places; what was published goes on', async () => {
    const stage = await withOwnScript();
    const { scriptFile } = stage.world;
    const source = await readFile(scriptFile, 'utf8');
    await writeFile(scriptFile, source.replace('- say:', '- sya:'));
    const { refused } = await untilVersions(stage, (now) => now.refused !== null);
    expect(refused?.errors[0]).toMatchObject({ rule: 'unknown-verb', line: expect.any(Number), column: expect.any(Number) });
    const chatId = await stage.welcomed();
    expect(stage.heard(chatId)[0]).toMatch(greeting);
    // Mended, it counts again.
    await writeFile(scriptFile, source.replace(greeting, 'Мы снова здесь.'));
    await untilHeard(stage, /снова здесь/);
    expect((await versions(stage)).refused).toBeNull();
  });

  it('a command with a broken script is refused with each mistake; a version that is needed is not removed', async () => {
    const stage = await withOwnScript();
    const { accountId, scriptFile } = stage.world;
    const chatId = await stage.welcomed();
    const mine = (await stage.history(chatId)).of('DialogStarted')[0]?.script;
    const asked = { by: 'author', reason: 'a test' };
    const broken = await api(stage, `accounts/${accountId}/scripts`, {
      source: 'format: dialog-script/1\nbot: x\nscripts: { a: { steps: [ { go: b } ] } }',
      ...asked,
    });
    expect(broken).toMatchObject({
      status: 422,
      answer: { errors: [{ field: '3:32' }] },
    });

    const source = (await readFile(scriptFile, 'utf8')).replace(greeting, 'Другая.');
    const dry = await api(stage, `accounts/${accountId}/scripts`, { source, ...asked, dryRun: true });
    expect(dry).toMatchObject({ status: 200, answer: { dryRun: true, before: mine } });
    expect((await versions(stage)).versions).toHaveLength(1);
    await api(stage, `accounts/${accountId}/scripts`, { source, ...asked });
    // Back to the former one, by its hash.
    const back = await api(stage, `accounts/${accountId}/scripts`, { script: mine, ...asked });
    expect(back).toMatchObject({ status: 200, answer: { script: mine } });
    await untilVersions(stage, (now) => now.versions.some((one) => one.script === mine && one.current && one.dialogs === 1));

    const remove = (script: string | undefined) => api(stage, `accounts/${accountId}/scripts/${script}/remove`, asked);
    expect(await remove(mine)).toMatchObject({ status: 409, answer: { detail: expect.stringMatching(/dialog\(s\) of/) } });
    const other = (await versions(stage)).versions.find((one) => one.script !== mine)?.script;
    // A chat may be starting with it just now.
    expect(await remove(other)).toMatchObject({ status: 409, answer: { detail: expect.stringContaining('hour') } });
  });
});
