import { createHash, randomBytes } from 'node:crypto';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '@dialog/contracts/errors';
import { sampleBot } from './world.ts';

/**
 * What the processes of a cluster on one machine share, made once: the key of the hashes, and a sample account on the simulated Webim with its
 * tokens. A file that is there is left as it is, so a second start changes nothing. The first argument is the folder; its files are for its owner alone.
 */
export const prepareCluster = async (
  folder: string,
  addresses: { readonly simulator: string; readonly ingress: string },
): Promise<void> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const keep = async (name: string, text: string): Promise<void> => {
    await writeFile(join(folder, name), text, { mode: 0o600, flag: 'wx' }).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
  };
  await keep('hash-key', randomBytes(32).toString('hex'));
  // The last to be written: whoever finds it finds the tokens that it belongs to.
  const accountsFile = join(folder, 'demo-accounts.yaml');
  const isMade = await access(accountsFile).then(
    () => true,
    () => false,
  );
  if (isMade) return;
  const webhookToken = randomBytes(32).toString('base64url');
  await writeFile(join(folder, 'demo-bot-token'), randomBytes(24).toString('hex'), { mode: 0o600 });
  await writeFile(join(folder, 'demo-hooks-url'), `${addresses.ingress}/hooks/webim/demo/${webhookToken}`, { mode: 0o600 });
  const account = {
    id: 'demo',
    webim: {
      host: new URL(addresses.simulator).hostname,
      baseUrl: addresses.simulator,
      tokenFile: join(folder, 'demo-bot-token'),
      botOperatorId: '240001',
    },
    department: 'operatory',
    webhookTokens: [createHash('sha256').update(webhookToken).digest('hex')],
    script: sampleBot,
  };
  // JSON is YAML too.
  await keep('demo-accounts.yaml', `${JSON.stringify({ accounts: [account] }, null, 2)}\n`);
};

if (import.meta.main) {
  const folder = process.argv[2];
  if (folder === undefined) throw new Error('the folder of the secrets is missing');
  await prepareCluster(folder, { simulator: 'http://simulator:8082', ingress: 'http://ingress:8080' });
}
