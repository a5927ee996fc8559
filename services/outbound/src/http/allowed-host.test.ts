import { expect, test } from 'vitest';
import { isAllowedHost } from './allowed-host.ts';

const list = ['crm.example', 'files.example:8443', '*.api.example', '[2606:2800::1]'];
test.each([
  ['https://crm.example/orders', true],
  ['http://crm.example/', true],
  ['https://CRM.example:443/', true],
  ['https://crm.example:8443/', false],
  ['https://files.example:8443/', true],
  ['https://files.example/', false],
  ['https://a.api.example/', true],
  ['https://a.b.api.example/', true],
  ['https://api.example/', false],
  ['https://evil-api.example/', false],
  ['https://crm.example.evil/', false],
  ['https://crm.example@evil.example/', false],
  ['https://user:pass@crm.example/', false],
  ['https://crm.example./', false],
  ['https://[2606:2800::1]/', true],
  ['ftp://crm.example/', false],
  ['file:///etc/passwd', false],
] as const)('%s: %s', (url, allowed) => expect(isAllowedHost(new URL(url), list)).toBe(allowed));
