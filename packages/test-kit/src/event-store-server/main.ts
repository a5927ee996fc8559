import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { eventStoreServer } from './server.ts';

/**
 * `node main.ts --file events.db [--port 2113] [--control-port 0] [--no-batch-append] [--certificate a.pem --key b.pem] [--user name:password] [--with-parent]`: prints one JSON line `{port, controlPort}` when it
 * listens. What was acknowledged survives a kill; start it again on the same file and port.
 */
const { values } = parseArgs({
  options: {
    file: { type: 'string' },
    port: { type: 'string', default: '0' },
    'control-port': { type: 'string', default: '0' },
    'no-batch-append': { type: 'boolean', default: false },
    certificate: { type: 'string' },
    key: { type: 'string' },
    user: { type: 'string' },
    'with-parent': { type: 'boolean', default: false },
  },
});
if (values.file === undefined) throw new Error('--file is missing');
const [name, password] = values.user?.split(':') ?? [];
const server = await eventStoreServer({
  file: values.file,
  port: Number(values.port),
  controlPort: Number(values['control-port']),
  batchAppend: !values['no-batch-append'],
  ...(values.certificate === undefined || values.key === undefined
    ? {}
    : { tls: { certificate: readFileSync(values.certificate), key: readFileSync(values.key) } }),
  ...(name === undefined || password === undefined ? {} : { user: { name, password } }),
});
process.stdout.write(`${JSON.stringify({ port: server.port, controlPort: server.controlPort })}\n`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void server.close().then(() => process.exit(0)));
// Standard input is a pipe that only the parent holds: it ends with the parent, however that ends.
if (values['with-parent']) process.stdin.once('end', () => process.exit(0)).resume();
