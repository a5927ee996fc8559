import { existsSync } from 'node:fs';
import { type Configuration, configurationVariables } from './configuration.ts';

/** What is likely not meant though each variable is as it should be: two doors at one address, a file that is not there, a name written by mistake. */
export const configurationDoubts = (config: Configuration, env: Readonly<Record<string, string | undefined>>): readonly string[] => [
  ...sharedAddresses(config),
  ...(['ACCOUNTS_FILE', 'NUMBERS_FILE'] as const).flatMap((name) => {
    const file = config[name];
    return file === undefined || existsSync(file) ? [] : [`${name}: ${file} is not there`];
  }),
  ...Object.keys(env).flatMap((name) => {
    if (configurationVariables.includes(name) || env[name] === '') return [];
    const meant = configurationVariables.find((known) => isOneEdit(name, known));
    return meant === undefined || env[meant] !== undefined ? [] : [`${name}: there is no such variable; ${meant} is meant?`];
  }),
];

const sharedAddresses = (config: Configuration): string[] => {
  const doors: [string, string, number][] = [
    ...(config.SERVICES.includes('ingress') ? [['INGRESS_PORT', config.BIND_HOST, config.INGRESS_PORT] as [string, string, number]] : []),
    ...(config.SERVICES.includes('console')
      ? [['CONSOLE_PORT', config.CONSOLE_HOST, config.CONSOLE_PORT] as [string, string, number]]
      : []),
    ...(config.ACCOUNTS_FILE === undefined
      ? [['SIMULATOR_PORT', config.SIMULATOR_HOST, config.SIMULATOR_PORT] as [string, string, number]]
      : []),
    ['OPERATIONS_PORT', config.OPERATIONS_HOST, config.OPERATIONS_PORT],
  ];
  return doors.flatMap(([name, host, port], at) => {
    const first = doors.slice(0, at).find(([, otherHost, other]) => port !== 0 && other === port && meets(host, otherHost));
    return first === undefined ? [] : [`${name}: ${port} is the port of ${first[0]} too`];
  });
};

const everyAddress = new Set(['0.0.0.0', '::']);
const meets = (a: string, b: string): boolean => a === b || everyAddress.has(a) || everyAddress.has(b);

/** One letter more, less or another. Short names are too near to each other. */
const isOneEdit = (a: string, b: string): boolean => {
  if (Math.abs(a.length - b.length) > 1 || b.length < 6) return false;
  let from = 0;
  while (from < a.length && a[from] === b[from]) from++;
  const rests = [
    [a.slice(from + 1), b.slice(from + 1)],
    [a.slice(from + 1), b.slice(from)],
    [a.slice(from), b.slice(from + 1)],
  ];
  return rests.some(([one, other]) => one === other);
};
