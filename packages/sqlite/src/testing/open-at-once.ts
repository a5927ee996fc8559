import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from '../serve-batches.ts';

/** Opens file after file, each in the same instant as the other threads that wait at the gate. Posts what failed. */
const { folder, gate, openers, files } = workerData as { folder: string; gate: Int32Array; openers: number; files: number };
const schema = `
  CREATE TABLE IF NOT EXISTS one (id INTEGER PRIMARY KEY) STRICT;
  CREATE TABLE IF NOT EXISTS two (id INTEGER PRIMARY KEY) STRICT;
  CREATE INDEX IF NOT EXISTS by_id ON two (id);
`;
const failed: string[] = [];
for (let file = 1; file <= files; file++) {
  Atomics.add(gate, 0, 1);
  while (Atomics.load(gate, 0) < file * openers);
  try {
    const db = openDatabase(join(folder, `${file}.db`), { schema });
    db.exec('SELECT * FROM one, two');
    db.close();
  } catch (error) {
    failed.push(String(error));
  }
}
parentPort?.postMessage(failed);
