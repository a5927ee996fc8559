import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseScript } from '@dialog/script/parse';
import type { Given } from '@dialog/script-tools/given';
import { rehearse } from '@dialog/script-tools/rehearsal';
import { afterAll, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'dialogctl-record-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const sample = (name: string): string => readFileSync(new URL(`../../../../bots/${name}.yaml`, import.meta.url), 'utf8');

const run = (args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'script', ...args], { encoding: 'utf8', cwd: folder });
  return { status, stdout, stderr };
};

/** A history as the console saves it: what a dialog of that script led to. */
const history = (source: string, given: readonly Given[]) => {
  const parsed = parseScript(source);
  if (!parsed.ok) throw new Error('the script has errors');
  const rehearsal = rehearse({ script: parsed.script });
  for (const one of given) rehearsal.take(one);
  const events = rehearsal
    .history()
    .map(({ type, data, metadata }, revision) => ({ revision, id: `e${revision}`, type, recordedAt: metadata.at, data, metadata }));
  return {
    format: 'dialog-history/1',
    dialog: { account: 'shop', chatId: '4711' },
    savedAt: rehearsal.now(),
    erased: false,
    events,
    scripts: { rehearsal: { source, personal: null } },
    settings: {},
  };
};

const booking: readonly Given[] = [
  { kind: 'chat_start', visitor: { name: 'Анна Каренина' } },
  { kind: 'button', id: 'book' },
  { kind: 'text', text: 'Хирург' },
  { kind: 'later', ms: 20_000 },
  { kind: 'text', text: '25.03.2026' },
  { kind: 'text', text: 'Анна' },
  { kind: 'text', text: '+7 916 555-44-33' },
  { kind: 'later', ms: 130_000 },
  { kind: 'text', text: 'регистратура' },
  { kind: 'operator_assigned', operator: '7' },
  { kind: 'chat_closed', by: 'operator' },
];

describe('script record', () => {
  it('a history file becomes a test that holds, without what is personal', () => {
    writeFileSync(join(folder, 'history.json'), JSON.stringify(history(sample('clinic'), booking)));
    const { status, stdout, stderr } = run(['record', 'history.json', '--name', 'a booking']);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    for (const personal of ['Анна', 'Каренина', '916', '5554433', '555-44-33']) expect(stdout).not.toContain(personal);
    expect(stdout).toContain('- name: "a booking"');
    expect(stdout).toContain('- button: "book"');
    expect(stdout).toContain('- marked: "booked"');
    writeFileSync(join(folder, 'clinic.yaml'), `${sample('clinic')}\n${stdout}`);
    expect(run(['test', 'clinic.yaml', '-t', '^a booking$'])).toMatchObject({ status: 0 });
  });

  it('takes the tests out of a script that goes on behind them', () => {
    const [head, scripts, tests] = sample('clinic').split(/^(?=scripts:|tests:)/m);
    writeFileSync(join(folder, 'tests-first.yaml'), `${head}${tests}# the rest\n\n${scripts}`);
    expect(run(['record', 'history.json', '--script', 'tests-first.yaml'])).toMatchObject({ status: 0, stderr: '' });
  });

  it('what a service answered, and that it did not, stands in the test; a refusal too', () => {
    const given: Given[] = [
      { kind: 'chat_start' },
      { kind: 'button', id: 'order' },
      { kind: 'text', text: '123456' },
      { kind: 'http_result', status: 200, body: { state: 'on_the_way', eta: 'завтра', phone: '+79165554433' } },
      { kind: 'text', text: 'заказ' },
      { kind: 'text', text: '654321' },
      { kind: 'http_result', error: 'connection' },
      { kind: 'operator_assigned' },
      { kind: 'later', ms: 60_000 },
      { kind: 'operator_redirect' },
      { kind: 'refuse', what: 'handover', reason: 'other' },
      { kind: 'text', text: 'оператор' },
    ];
    writeFileSync(join(folder, 'shop.json'), JSON.stringify(history(sample('shop'), given)));
    const { status, stdout, stderr } = run(['record', 'shop.json']);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).not.toContain('9165554433');
    expect(stdout).toContain('error');
    expect(stdout).toContain('- refuse: "handover"');
  });

  it('says where the test does not hold on another version of the script', () => {
    writeFileSync(join(folder, 'other.yaml'), sample('clinic').replace('text: "Как вас зовут?"', 'text: "Ваше имя?"'));
    const { status, stderr } = run(['record', 'history.json', '--script', 'other.yaml']);
    expect(status).toBe(1);
    expect(stderr).toContain('does not hold: expected said: "Как вас зовут?"; actual said: "');
  });

  it('asks the console, page by page', async () => {
    const { events } = history(sample('clinic'), booking);
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://console');
      const from = Number(url.searchParams.get('from') ?? 0);
      const page = { now: 0, events: events.slice(from, from + 10), next: from + 10 < events.length ? from + 10 : null };
      const script = { script: 'rehearsal', source: sample('clinic'), personal: ['phone', 'name'] };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(url.pathname === '/api/scripts/rehearsal' ? script : page));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const args = [main, 'script', 'record', 'shop/4711', '--console', `http://127.0.0.1:${port}`, '--json'];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      const made = JSON.parse(stdout) as { name: string; given: object[]; failures: unknown[] };
      expect(made).toMatchObject({ name: 'shop 4711', failures: [] });
      expect(made.given).toHaveLength(12);
    } finally {
      server.close();
    }
  });

  it('says what is wrong', () => {
    writeFileSync(join(folder, 'no.json'), '{}');
    expect(run(['record', 'no.json'])).toMatchObject({ status: 2 });
    expect(run(['record', 'nonsense'])).toMatchObject({ status: 2 });
    expect(run(['record', 'shop/1', '--console', 'http://127.0.0.1:9'])).toMatchObject({ status: 2 });
  });
});
