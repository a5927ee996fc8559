import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(`${root}${file}`, 'utf8');

type Manifest = {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
};

/** The packages that a file imports, types alone too; no built-in one. */
const importedBy = (text: string): string[] =>
  [...text.matchAll(/(?:^(?:import|export)\b[^;'"=]*? from |^import |\bimport\()'([^'.][^']*)'/gm)]
    .map(([, name = '']) => name)
    .filter((name) => !name.startsWith('node:'))
    .map((name) =>
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/'),
    );

const isTest = (file: string): boolean => /\.test\.tsx?$|\.fixture\.ts$|\/(?:testing|test|contract)\/|vite\.config/.test(file);
const filesOf = (room: string): string[] =>
  globSync(`${room}/**/*.{ts,tsx}`, { cwd: root, exclude: (name) => name === 'node_modules' || name === 'dist' });
const importedIn = (files: readonly string[]): Set<string> => new Set(files.flatMap((file) => importedBy(read(file))));

/** Only types: from `@types/…`, which nothing needs at run time. */
const typesAlone = new Set(['sarif']);

describe.each(globSync('{packages,services}/*/package.json', { cwd: root }))('%s', (file) => {
  const manifest = JSON.parse(read(file)) as Manifest;
  const files = filesOf(file.replace('/package.json', ''));
  const runs = importedIn(files.filter((name) => !isTest(name)));
  const all = importedIn(files);

  it('declares what it imports', () => {
    // All of the test kit serves tests: what it needs alone is never installed with what runs.
    const also = manifest.name === '@dialog/test-kit' ? manifest.devDependencies : {};
    const declared = Object.keys({ ...manifest.dependencies, ...also });
    expect([...runs].filter((name) => !declared.includes(name) && name !== manifest.name && !typesAlone.has(name))).toEqual([]);
  });
  it('imports what it declares', () => {
    expect(Object.keys(manifest.dependencies ?? {}).filter((name) => !runs.has(name))).toEqual([]);
    expect(Object.keys(manifest.devDependencies ?? {}).filter((name) => !name.startsWith('@types/') && !all.has(name))).toEqual([]);
  });
});

it('what runs needs nothing that only tests need', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { readonly dev?: boolean }> };
  for (const name of ['testcontainers', 'vitest', 'playwright-core']) expect(packages[`node_modules/${name}`]?.dev, name).toBe(true);
});
