import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SecuredDoor } from './kafka-broker.ts';

const run = promisify(execFile);
const keytoolMs = 30_000;
const module_ = 'org.apache.kafka.common.security';

/** Settings of a second listener with TLS and SASL, and what the storage must be formatted with: SCRAM's passwords stand there. */
export const securedListener = async (
  folder: string,
  port: number,
): Promise<{ readonly door: SecuredDoor; readonly settings: Readonly<Record<string, string>>; readonly format: readonly string[] }> => {
  const [username, password] = ['engine', randomBytes(12).toString('hex')];
  const [keystore, caFile] = [join(folder, 'server.p12'), join(folder, 'ca.pem')];
  const store = ['-alias', 'broker', '-keystore', keystore, '-storepass', password];
  const key = [
    '-keyalg',
    'RSA',
    '-keysize',
    '2048',
    '-validity',
    '30',
    '-storetype',
    'PKCS12',
    '-dname',
    'CN=localhost',
    '-ext',
    'san=ip:127.0.0.1',
  ];
  await run('keytool', ['-genkeypair', ...store, ...key], { timeout: keytoolMs });
  await run('keytool', ['-exportcert', '-rfc', ...store, '-file', caFile], { timeout: keytoolMs });
  const mechanisms = ['SCRAM-SHA-256', 'SCRAM-SHA-512'];
  return {
    door: { broker: `127.0.0.1:${port}`, username, password, caFile },
    settings: {
      'sasl.enabled.mechanisms': ['PLAIN', ...mechanisms].join(','),
      'listener.name.secured.plain.sasl.jaas.config': `${module_}.plain.PlainLoginModule required user_${username}="${password}";`,
      ...Object.fromEntries(
        mechanisms.map((mechanism) => [
          `listener.name.secured.${mechanism.toLowerCase()}.sasl.jaas.config`,
          `${module_}.scram.ScramLoginModule required;`,
        ]),
      ),
      'ssl.keystore.type': 'PKCS12',
      'ssl.keystore.location': keystore,
      'ssl.keystore.password': password,
      'ssl.key.password': password,
    },
    format: mechanisms.flatMap((mechanism) => ['--add-scram', `${mechanism}=[name=${username},password=${password}]`]),
  };
};
