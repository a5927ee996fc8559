import { existsSync } from 'node:fs';

/** A Chromium that is here: named in the environment, or where distributions put it. */
export const findBrowser = (): string | undefined =>
  [process.env['CHROMIUM_PATH'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
    (path) => path !== undefined && path !== '' && existsSync(path),
  );
