import { describe, expect, it } from 'vitest';
import { createRedactor } from './redact.ts';

const { url } = createRedactor();

describe('a redacted address', () => {
  it.each([
    ['https://admin:hunter2@site.example:8443/a/b?page=2&token=x#frag', 'https://site.example:8443/a/b?page=2'],
    ['https://ada@site.example/', 'https://site.example/'],
    ['https://a:b@c:d@site.example/x', 'https://site.example/x'],
    ['//admin:hunter2@site.example/x', '//site.example/x'],
    ['/services?limit=50&cursor=abc&sort=-name&q=anna', '/services?limit=50&sort=-name'],
    ['/services?PAGE=2&Limit', '/services?PAGE=2&Limit'],
    ['/services?cursor=abc', '/services'],
    ['/services?', '/services'],
    ['/services#token=abc', '/services'],
    ['?page=1&code=abc', '?page=1'],
    ['', ''],
    ['services', 'services'],
    ['/users/anna%40example.com/edit', '/users/[redacted]/edit'],
    ['/users/anna%2540example.com/edit', '/users/[redacted]/edit'],
    ['/pay/4111%201111%201111%201111', '/pay/[redacted]'],
    ['/q;jsessionid=ABCDEF123;x=1?page=1', '/q;jsessionid=[redacted];x=1?page=1'],
    ['/list?page=4111111111111111', '/list?page=[redacted]'],
    ['/reset-password/9f8e7d6c5b4a39281706', '/reset-password/[redacted]'],
    ['/invite/9f8e7d6c5b4a39281706/accept', '/invite/[redacted]/accept'],
    ['/password/change', '/password/change'],
    ['/v1/admin/tokens/01900000-0000-7000-8000-0000000000a1', '/v1/admin/tokens/01900000-0000-7000-8000-0000000000a1'],
    ['mailto:anna@example.com', 'mailto:[redacted]'],
    ['https://[2001:db8::1]:8443/a', 'https://[2001:db8::1]:8443/a'],
    [
      'blob:https://site.example/01900000-0000-7000-8000-0000000000a1',
      'blob:https://site.example/01900000-0000-7000-8000-0000000000a1',
    ],
    ['/grüße/köln?lang=de', '/grüße/köln?lang=de'],
    ['/a/%E4%B8%AD/%zz', '/a/%E4%B8%AD/%zz'],
  ])('of %s is %s', (written, clean) => {
    expect(url(written)).toBe(clean);
    expect(url(clean)).toBe(clean);
  });

  it('keeps the parameters that the configuration names, and no others', () => {
    const own = createRedactor({ queryNames: ['Filter', 'q'] });
    expect(own.url('/a?filter=x&page=2&q=red')).toBe('/a?filter=x&q=red');
    expect(createRedactor({ queryNames: [] }).url('/a?page=2')).toBe('/a');
  });
});
