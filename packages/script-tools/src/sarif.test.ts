import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseScript } from '@dialog/script/parse';
import Ajv from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import { expect, it } from 'vitest';
import { toSarif } from './sarif.ts';

const schemaFile = createRequire(import.meta.url).resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');
const ajv = new Ajv.default({ strict: false, allErrors: true, unicodeRegExp: false });
addFormats.default(ajv);
const valid = ajv.compile(JSON.parse(readFileSync(schemaFile, 'utf8')) as object);

const broken = parseScript(
  'format: dialog-script/1\nbot: b\nscripts:\n  hello:\n    when: chat_start\n    steps:\n      - shout: "Привет"\n',
);
const findings = broken.ok ? [] : broken.findings;

it('findings are SARIF 2.1.0 by its own schema, each at its line and column', () => {
  const log = toSarif(
    [
      { file: 'bots/первый бот.yaml', findings },
      { file: '/srv/bots/fine.yaml', findings: [] },
    ],
    '0.1.0',
  );
  valid(log);
  expect(valid.errors ?? []).toEqual([]);
  const [run] = log.runs;
  expect(run?.results?.length).toBe(findings.length);
  const shout = run?.results?.find((result) => result.ruleId === 'unknown-verb');
  expect(shout?.level).toBe('error');
  expect(run?.tool.driver.rules?.[shout?.ruleIndex ?? -1]?.id).toBe('unknown-verb');
  expect(shout?.locations?.[0]?.physicalLocation).toMatchObject({
    artifactLocation: { uri: 'bots/%D0%BF%D0%B5%D1%80%D0%B2%D1%8B%D0%B9%20%D0%B1%D0%BE%D1%82.yaml', index: 0 },
    region: { startLine: 7, startColumn: 9 },
  });
  expect(run?.artifacts?.[1]?.location?.uri).toBe('file:///srv/bots/fine.yaml');
});

it('the schema refuses what is no SARIF', () => {
  expect(valid({ ...toSarif([], '0.1.0'), runs: [{}] })).toBe(false);
});
