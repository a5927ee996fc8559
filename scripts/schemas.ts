import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { consoleOpenApi } from '@dialog/console/openapi';
import { inboxInputSchema } from '@dialog/contracts/inbox';
import { visitorInputSchema } from '@dialog/contracts/visitor';
import { scriptJsonSchema } from '@dialog/script/json-schema';
import { scriptReference } from '@dialog/script/reference';
import { accountSchema, accountTable } from '@dialog/service-kit/accounts';
import { configurationSchema, configurationTable } from '@dialog/service-kit/configuration';
import { stringify } from 'yaml';
import { z } from 'zod';
import { breakingEdits, type JsonSchema } from './breaking-edits.ts';
import { storedSchemas } from './stored-schemas.ts';

/**
 * Writes everything that is generated from zod: `schemas/`, `docs/configuration.md`, and from the words of the script format `docs/script-reference.md`. With `--check`: fails where a file differs. Either way it fails
 * where an edit breaks what a released version wrote (design §4). `--release {version}`: keeps the schemas of what is stored as that version's, for ever.
 */
const files = new Map<string, string>();
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const schemaOf = (schema: z.ZodType, title: string): Record<string, unknown> => ({
  title,
  ...(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', target: 'draft-2020-12' }) as Record<string, unknown>),
});
const add = (path: string, schema: z.ZodType, title: string): void => void files.set(`schemas/${path}.json`, json(schemaOf(schema, title)));

for (const { path, schema, title } of storedSchemas) add(path, schema, title);
add('accounts-file', z.strictObject({ accounts: z.array(accountSchema).min(1) }), 'accounts file');
add('configuration', configurationSchema, 'configuration');

files.set('schemas/dialog-script-1.json', json(scriptJsonSchema()));
files.set('docs/script-reference.md', scriptReference());

const message = (name: string, ref: string) => ({
  name,
  contentType: 'application/json',
  headers: {
    type: 'object',
    properties: {
      ce_specversion: { const: '1.0' },
      ce_id: { type: 'string' },
      ce_type: { type: 'string' },
      ce_source: { type: 'string' },
      ce_subject: { type: 'string' },
      ce_time: { type: 'string', format: 'date-time' },
      traceparent: { type: 'string' },
    },
  },
  payload: { $ref: `./${ref}.json` },
});
const inboxMessages = Object.fromEntries(
  [...inboxInputSchema.options, ...visitorInputSchema.options]
    .map((one) => one.shape.type.value as string)
    .concat('tick')
    .map((name) => [name, message(name, `inbox/${name}`)]),
);
const channel = (address: string, description: string, messages: Record<string, unknown>) => ({ address, description, messages });
files.set(
  'schemas/asyncapi.yaml',
  stringify({
    asyncapi: '3.0.0',
    info: {
      title: 'Dialog engine for Webim: topics',
      version: '1.0.0',
      description: 'CloudEvents 1.0 in binary mode; key `{account}:{chatId}`, of a visitor `{account}:v:{hash}`.',
      license: { name: 'Apache-2.0' },
    },
    channels: {
      inbox: channel('dialog.inbox', 'Everything that can change a dialog or a visitor.', inboxMessages),
      outbox: channel('dialog.outbox', 'One attempt of the head effect of a dialog.', { effect: message('effect', 'outbox/effect') }),
      deadlines: channel('dialog.deadlines', 'Compacted: wake no later than this.', { hint: message('hint', 'deadlines/hint') }),
      quarantine: channel('webhook.quarantine', 'Webhooks that could not be taken, 7 days.', {
        webhook: message('webhook', 'quarantine/webhook'),
      }),
    },
    operations: Object.fromEntries(
      ['inbox', 'outbox', 'deadlines', 'quarantine'].map((name) => [
        `write-${name}`,
        { action: 'send', channel: { $ref: `#/channels/${name}` } },
      ]),
    ),
  }),
);
const answers = {
  200: {
    description: 'Taken: durable in the log, or in the quarantine',
    content: { 'application/json': { schema: { type: 'object', properties: { result: { const: 'ok' } }, required: ['result'] } } },
  },
  404: { description: 'No such address' },
  405: { description: 'Neither GET nor POST' },
  408: { description: 'The body did not come in time' },
  413: { description: 'The body is larger than 8 MiB' },
  503: { description: 'Not acknowledged in time, or the bot is silent: on purpose, so that people get the chat' },
};
const hook = (method: string) => ({
  operationId: `${method}Webhook`,
  summary: 'The bot webhook (new_chat, new_message), and with `event` the event handlers of the account',
  parameters: [
    { name: 'account', in: 'path', required: true, schema: { type: 'string', pattern: '^[a-z0-9_]{1,32}$' } },
    { name: 'token', in: 'path', required: true, schema: { type: 'string' } },
    { name: 'event', in: 'query', required: false, schema: { enum: ['chat_started', 'chat_assigned', 'chat_closed'] } },
  ],
  ...(method === 'post'
    ? {
        requestBody: {
          content: {
            'application/json': { schema: { type: 'object' } },
            'application/x-www-form-urlencoded': { schema: { type: 'object' } },
          },
        },
      }
    : {}),
  responses: answers,
});
files.set(
  'schemas/openapi-ingress.yaml',
  stringify({
    openapi: '3.1.0',
    info: { title: 'Dialog engine for Webim: ingress', version: '1.0.0', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths: { '/hooks/webim/{account}/{token}': { post: hook('post'), get: hook('get') } },
  }),
);
files.set('schemas/openapi-console.json', json(consoleOpenApi()));
files.set(
  'docs/configuration.md',
  `# Configuration\n\nFrom the environment. A secret may stand in a file, which the name with \`_FILE\` behind it names; the table has both names. A wrong one fails at the start, all of them named.\n\nBeside them: the accounts file may name variables of its own ([http-steps.md](http-steps.md)), a simulator that runs by itself has its own (\`packages/webim-simulator/src/configuration.ts\`), and \`dialogctl\` takes the console's address from \`CONSOLE_URL\` and its token from \`CONSOLE_TOKEN\` or \`CONSOLE_TOKEN_FILE\`.\n\n${configurationTable()}\n\n## The accounts file\n\nYAML: under \`accounts\` a list, of each account these keys. \`npx dialogctl accounts check\` names every mistake with its line, \`accounts add\` writes an account; \`schemas/accounts-file.json\` is the same for an editor. A duration is a text: \`250ms\`, \`30s\`, \`5m\`, \`2h\`, \`1d\`. It is read at the start; the scripts that it names are followed while the engine runs.\n\n${accountTable()}\n`,
);

/** What stands in a log or a store: read by versions other than the one that wrote it. */
const kept = new Map(storedSchemas.map(({ path }) => [path, JSON.parse(files.get(`schemas/${path}.json`) ?? '') as JsonSchema]));
const releasedFolder = 'schemas/released';

const release = process.argv[process.argv.indexOf('--release') + 1];
if (process.argv.includes('--release')) {
  if (!/^\d+\.\d+\.\d+$/.test(release ?? '')) throw new Error('--release takes a version, such as 0.2.0');
  const file = `${releasedFolder}/${release}.json`;
  if (existsSync(file)) throw new Error(`${file} stands: what was released does not change`);
  mkdirSync(releasedFolder, { recursive: true });
  writeFileSync(file, json(Object.fromEntries(kept)));
}

const broken = (existsSync(releasedFolder) ? readdirSync(releasedFolder) : []).flatMap((name) => {
  const schemas = JSON.parse(readFileSync(`${releasedFolder}/${name}`, 'utf8')) as Record<string, JsonSchema>;
  return Object.entries(schemas).flatMap(([path, schema]) => {
    const now = kept.get(path);
    const edits = now === undefined ? ['is gone'] : breakingEdits(schema, now);
    return edits.map((edit) => `breaks what ${name.replace('.json', '')} wrote: ${path}: ${edit}`);
  });
});
if (broken.length > 0) {
  for (const line of broken) process.stderr.write(`${line}\n`);
  process.stderr.write('an event already released is never edited: add an optional field, or a new version with an upcast\n');
  process.exit(1);
}

const check = process.argv.includes('--check');
const existing = existsSync('schemas')
  ? (readdirSync('schemas', { recursive: true }) as string[])
      .map((name) => `schemas/${name}`)
      .filter((name) => /\.(json|yaml)$/.test(name) && !name.startsWith(releasedFolder))
  : [];
const stray = existing.filter((name) => !files.has(name));
const drifted = [...files].filter(([name, text]) => !existsSync(name) || readFileSync(name, 'utf8') !== text).map(([name]) => name);
if (check) {
  for (const name of [...drifted, ...stray]) process.stderr.write(`differs from the code: ${name}\n`);
  if (drifted.length + stray.length > 0) {
    process.stderr.write('run: npm run schemas\n');
    process.exit(1);
  }
} else {
  for (const name of stray) rmSync(name);
  for (const [name, text] of files) {
    mkdirSync(name.slice(0, name.lastIndexOf('/')), { recursive: true });
    writeFileSync(name, text);
  }
  process.stdout.write(`${files.size} files, ${drifted.length} changed, ${stray.length} removed\n`);
}
