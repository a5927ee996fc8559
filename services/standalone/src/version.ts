import packageJson from '../package.json' with { type: 'json' };

/** Names the engine in its log lines and as `producer` of each event. */
export const version: string = packageJson.version;
