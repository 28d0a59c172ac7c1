import { describe, expect, it } from 'vitest';
import { createKeyJudge, type KeyKind, wordsOf } from './redact-keys.ts';

const KINDS: Record<Exclude<KeyKind, 'open'>, string[]> = {
  secret: [
    ...['x-api-key', 'apiKey', 'APIKEY', 'Api_Key_Prod', 'api.key', 'stripeApiKeyLive'],
    ...[
      'token',
      'tokens',
      'accessToken',
      'refresh_token',
      'csrf-token',
      'XSRF-TOKEN',
      'authtoken',
      'id_token',
      'deviceToken',
    ],
    ...['authorization', 'Proxy-Authorization', 'authorisation', 'http.request.header.authorization'],
    ...['cookie', 'Set-Cookie', 'cookies', 'http.request.header.cookie', 'sessionCookie', 'JSESSIONID', 'PHPSESSID'],
    ...[
      'credential',
      'awsCredentials',
      'creds',
      'privateKey',
      'private_key_pem',
      'accessKeyOld',
      'sshKey',
      'signing-key',
    ],
    ...[
      'jwt',
      'bearer',
      'mnemonic',
      'seedPhrase',
      'connectionString',
      'DATABASE_DSN',
      'iban',
      'db_pass',
      'dbpass',
      'passPhrase',
    ],
    ...['x-auth-key', 'AccountKey', 'encryptionKey', 'master_key', 'webhookKey'],
  ],
  code: [
    ...[
      'password',
      'passwd',
      'pwd',
      'userPwd',
      'userpwd',
      'PASSWORD',
      'pass_word',
      'newPassword',
      'password2',
      'passwordHash',
    ],
    ...['user[password]', 'db.password', 'OLD-PASSWORD-2', 'passwort', 'kennwort', 'passcode', 'MYSQL_PWD', 'pw'],
    ...['secret', 'clientSecret', 'CLIENT_SECRET', 'client-secret', 'Client Secret', 'secrets', 'webhookSecret1'],
    ...[
      'pin',
      'PIN',
      'cardPin',
      'otp',
      'otpCode',
      'mfa_code',
      'totp',
      'cvv',
      'cvv2',
      'cvc',
      'securityCode',
      'verification_code',
    ],
    ...[
      'ssn',
      'socialSecurityNumber',
      'cardNumber',
      'card_no',
      'creditCardNumber',
      'passportNumber',
      'authorization_code',
    ],
  ],
  opaque: ['auth', 'signature', 'x-hub-signature', 'sig', 'code_verifier', 'nonce', 'sid', 'connect.sid'],
  link: ['resetPasswordUrl', 'token_uri', 'tokenEndpoint', 'authorizationUrl', 'passwordResetLink'],
  url: [
    'url.full',
    'http.url',
    'http.target',
    'urlPath',
    'referrer',
    'Referer',
    'document.referrer',
    'page_path',
    'page.url',
  ],
  query: ['url.query'],
  address: [
    ...[
      'client.address',
      'clientAddress',
      'net.peer.ip',
      'net.sock.peer.addr',
      'network.peer.address',
      'source.address',
    ],
    ...[
      'x-forwarded-for',
      'X-Real-IP',
      'cf-connecting-ip',
      'true-client-ip',
      'forwarded',
      'remote_addr',
      'remoteAddress',
    ],
    ...[
      'ip',
      'ips',
      'clientIp',
      'client_ip',
      'clientip',
      'ipAddress',
      'ip_address',
      'ipv4',
      'userIp',
      'login_ip',
      'ip_addr',
    ],
  ],
  list: [
    'ipWhitelist',
    'ip_whitelist',
    'whitelist',
    'allowedIps',
    'trusted_ips',
    'blocked-ips',
    'ipRanges',
    'cidrs',
    'ip.denylist',
    'bypassIP',
  ],
};

const OPEN = [
  ...[
    'tokenCount',
    'token_count',
    'maxTokens',
    'total_tokens',
    'minTokens',
    'tokenType',
    'token_type',
    'tokenTtl',
    'tokenLimit',
  ],
  ...[
    'passwordPolicy',
    'password_policy',
    'passwordLength',
    'passwordMinLength',
    'passwordExpiresAt',
    'passwordChanged',
  ],
  ...[
    'hasPassword',
    'requirePassword',
    'passwordless',
    'secretary',
    'secretariat',
    'secretName',
    'secretId',
    'secretVersion',
  ],
  ...['cookiesEnabled', 'cookieDomain', 'cookie_consent', 'cookieBanner', 'cookieSameSite', 'allowedCookies'],
  ...[
    'accessKeyId',
    'apiKeyId',
    'apiKeyName',
    'publicKey',
    'primaryKey',
    'sortKey',
    'idempotencyKey',
    'key',
    'keyId',
    'monkey',
  ],
  ...['sessionTimeout', 'sessionId', 'session.id', 'authorizationRequired', 'authorizationMode', 'author', 'authority'],
  ...['tokenizer', 'tokenization', 'nextPageToken', 'pageToken', 'jwtValidation', 'jwtIssuer', 'compass'],
  ...[
    'shipping',
    'pinned',
    'spin',
    'opinion',
    'passed',
    'passenger',
    'passRate',
    'pipeline',
    'zip',
    'recipe',
    'description',
  ],
  ...[
    'code',
    'countryCode',
    'statusCode',
    'errorCode',
    'address',
    'emailAddress',
    'server.address',
    'url',
    'path',
    'version',
  ],
  ...['', ' ', '🎉', '__proto__', 'constructor'],
];

describe('key names', () => {
  const judge = createKeyJudge();

  it.each(Object.entries(KINDS).flatMap(([kind, names]) => names.map((name) => [name, kind])))(
    '%s: %s',
    (name, kind) => {
      expect(judge(name)).toBe(kind);
      expect(judge(name)).toBe(kind);
    },
  );

  it.each(OPEN)('%s: open', (name) => {
    expect(judge(name)).toBe('open');
  });

  it('are cut into words in every spelling', () => {
    for (const name of ['xApiKey2', 'x-api-key2', 'X_API_KEY2', 'x.api[key2]', 'XApiKey2', ' x  Api key2 '])
      expect([name, wordsOf(name)]).toEqual([name, ['x', 'api', 'key2']]);
  });

  it('can be added to, as whole words in any spelling', () => {
    const own = createKeyJudge(['salary', 'birth date']);
    for (const name of ['salary', 'baseSalary', 'SALARY_2026', 'birthDate', 'birth_date', 'dateOfBirthDate'])
      expect([name, own(name)]).toEqual([name, 'code']);
    for (const name of ['salaryman', 'date', 'birthday']) expect([name, own(name)]).toEqual([name, 'open']);
    expect(own('password')).toBe('code');
  });

  it('may be of any length and number', () => {
    expect(judge(`${'a'.repeat(100_000)}Password`)).toBe('code');
    expect(judge('A'.repeat(100_000))).toBe('open');
    for (let i = 0; i < 5000; i++) expect(judge(`field${i}`)).toBe('open');
    expect(judge('password')).toBe('code');
  });
});
