import { expect, it } from 'vitest';
import { settingValue } from './setting.ts';

it.each([
  ['inlineButtons', 'false', false],
  ['inlineButtons', 'true', true],
  ['noOperatorAfterMs', '600000', 600_000],
  ['department', '', null],
  ['department', 'sales', 'sales'],
] as const)('%s as %j is %j', (name, text, value) => expect(settingValue(name, text)).toBe(value));

it.each([
  ['inlineButtons', 'no'],
  ['inlineButtons', ''],
  ['noOperatorAfterMs', ''],
  ['noOperatorAfterMs', '10m'],
  ['noOperatorAfterMs', '-5'],
] as const)('%s as %j is none, and no other value is tried in its place', (name, text) => expect(settingValue(name, text)).toBe(text));
