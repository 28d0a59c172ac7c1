import { describe, expect, it } from 'vitest';
import { createRedactor, findSecret, REDACTED } from './redact.ts';

const { text: redactText } = createRedactor();

// What is between « and » goes.
const NAMED = [
  'password=«hunter2»',
  'password = «hunter2»; next',
  '{"password":"«hunter2»"}',
  "{'db_pass': '«hunter 2»', 'a': 1}",
  'pwd: «swordfish».',
  'the user’s password is «hunter2!», change it',
  'Password for bob: «hunter2»',
  'the passphrase: «correct horse battery staple»\nnext line',
  'API key: «abc123def», then',
  'API-Key=«abc123def»&page=2',
  'Client Secret: «9f8e7d6c»',
  'export STRIPE_SECRET_KEY=«abcdef»',
  'Server=db;User Id=sa;Password=«Pa$$w0rd»;Database=x',
  'mysql --user=root --password «hunter2» db',
  'deploy --api-token «abc» --verbose',
  'user[password]=«hunter2»&user[name]=bob',
  "'password' => '«hunter2»',",
  ':secret=>"«hunter2»"',
  'password := "«hunter2»"',
  'if (password === "«hunter2»")',
  '<password>«hunter2»</password>',
  '<input name="password" value="«hunter2»">',
  '{"name":"password","value":"«hunter2»"}',
  '[{"key":"db.password","value":{"stringValue":"«hunter2»"}}]',
  '"password": "«hunter2', // cut off: all that follows goes
  'otp: «482913»',
  'PIN=«4711»',
  'cvv: «123»',
  'Authorization: «Basic c3RldmU6eA»',
  'Authorization: Token «9f8e7d6c5b4a»',
  'authorization: Digest «username="Mufasa", realm="x", response="6629fae49393a05397450978507c4ef1"»\nAccept: */*',
  'Cookie: «sid=abc; theme=dark»\nAccept: */*',
  'Set-Cookie: «sid=abc; Path=/; HttpOnly»',
  'curl -H "X-Api-Key: «abc»" https://api.example.com',
  'token=«123456»',
  '{"secrets":«["a","b"]»}',
  'signature: «a1b2c3d4e5f6a7b8c9»',
  'my password «hunter2» please',
  'login with password\n«hunter2»',
  'password -> «hunter2» | next',
  'changed the password from «hunter2» to another',
  'the new token «9f8e7d6c5b4a» works',
  'use api-key "«9f8e7d6c5b4a»" now',
  "CREATE USER bob IDENTIFIED BY '«hunter2»'",
  'pin «4711», cvv «123», SSN «123-45-6789»',
  "{'token': u'«abc»'}",
  'пароль: «hunter2»',
  '密码：«hunter2»',
  'curl -u bob:«hunter2» https://api.example.com',
];

// The same words, and nothing that is a value.
const NOT_NAMED = [
  'password=',
  'password: ',
  'password: required',
  'Password: must have at least 12 characters',
  'password=********',
  'password: <your password>',
  'password=${DB_PASSWORD}',
  'password: {{ secret }}',
  'password: [redacted]',
  'the password is wrong',
  'the password was changed on Monday',
  'SET password = $1 WHERE token = ? AND secret = :secret',
  'const token = await getToken();',
  'const { secret } = process.env; const password = config.password;',
  'login(user: string, password: string): Token',
  'token => token.id',
  'if (token === undefined || secret == null) return;',
  '{"password":{"minLength":12}}',
  '{"password":null,"token":false}',
  'maxTokens: 4096, token_count=12, tokens: 512',
  'passwordPolicy: strict9, token-type=jwt2',
  'Cookies: we use them',
  'cookie policy: see below',
  'Authorization: Bearer <token>',
  'authorization: required for all',
  'pass: 12, fail: 0',
  'pin: none',
  'OTP: 6 digits',
  'Invalid token: expired',
  'Unexpected token: }',
  '<p>password</p>',
  'signature: missing',
  'compass: 12north',
  'nextPageToken=a1b2c3d4e5f6a7b8',
  'revoked token 01900000-0000-7000-8000-0000000000a1',
  'the token server-01 issues, the key eu-central-1 uses',
  'secret store vault-eu-1, secret version2026',
  'password reset v2, password policy p3, token v1.2.3',
  'API key rotation on 2026-11-21',
  'the token https://example.com/docs explains',
  'pin 5 items; PIN pad; otp field',
  'password strength 12/20',
  'key results, secret garden, token ring',
  '| token | string | the password column |',
  'run with -u root or --user=root',
];

describe('a secret named in a text', () => {
  it.each(NAMED)('goes, and nothing else: %s', (marked) => {
    const text = marked.replaceAll(/[«»]/g, '');
    expect(redactText(text)).toBe(marked.replaceAll(/«[\s\S]*?(?:»|$)/g, REDACTED));
    expect(redactText(`${text}\n`).trimEnd()).toBe(redactText(text).trimEnd());
  });

  it.each(NOT_NAMED)('is not what only names one: %s', (text) => {
    expect(redactText(text)).toBe(text);
    expect(findSecret(text)).toBeNull();
  });

  it('refuses a text only for a value that is no word', () => {
    for (const text of ['password: hunter2', 'Cookie: sid=Abc123xyz', 'pin: 4711', 'api_key="9f8e7d6c5b4a"'])
      expect([text, findSecret(text)]).toEqual([text, 'password or key']);
    for (const text of ['password: swordfish', 'Passwort: Ihr Kennwort', 'IBAN: see the invoice', 'secret: nobody'])
      expect([text, findSecret(text)]).toEqual([text, null]);
  });
});
