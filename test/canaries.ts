/** A secret or personal value that is planted somewhere, to be found nowhere afterwards. */
export interface Canary {
  name: string;
  value: string;
  /** What must never be found again: the part of the value that gives it away, as it was written. */
  needle: string;
  /** The key it is planted under, where only the key tells that the value is a secret. */
  under?: string;
}

// Put together here, so that no scanner takes this file for a leak.
const join = (...parts: string[]) => parts.join('');
const base64 = (text: string) => btoa(text);
const base64url = (text: string) => btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const percent = (text: string) => encodeURIComponent(text);
const letters = (seed: string, length: number) => seed.repeat(Math.ceil(length / seed.length)).slice(0, length);

/** All of the value is the needle. */
const whole = (name: string, value: string): Canary => ({ name, value, needle: value });
/** The secret stands among other words. */
const among = (name: string, needle: string, before: string, after = ''): Canary => ({
  name,
  value: before + needle + after,
  needle,
});
const keyed = (name: string, under: string, value: string): Canary => ({ name, value, needle: value, under });

const jwt = [
  base64url(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: 'canary' })),
  base64url(JSON.stringify({ sub: 'canary|24', exp: 1_795_000_000 })),
  letters('Sg9xCanary24', 86),
].join('.');
const jwe = [
  base64url(JSON.stringify({ alg: 'dir', enc: 'A256GCM' })),
  '',
  letters('iv26', 16),
  letters('Ciph3rCanary26', 120),
  letters('tag26', 22),
].join('.');

const VENDOR_TOKENS: Canary[] = [
  whole('AWS access key id', join('AK', 'IA', 'Q3CANARY01ABCDEF')),
  among(
    'AWS secret access key',
    join('wJalrCanary02tnFEMI', '/K7MDENG/', 'bPxRfiCYzzz0'),
    'aws_secret_access_key = ',
    '\n',
  ),
  whole('Google API key', join('AI', 'za', 'SyCanary03_', letters('aB3dE5', 26))),
  whole('Google OAuth token', join('ya', '29.', 'a0Canary04', letters('Xy7_', 40))),
  whole('GitHub token', join('gh', 'p_', 'Canary05', letters('a1B2c3', 28))),
  whole('GitHub fine-grained token', join('github', '_pat_', '11CANARY06', letters('Zx9', 60))),
  whole('GitLab token', join('gl', 'pat-', 'Canary07', letters('q8W-', 20))),
  whole('Slack bot token', join('xo', 'xb-', '123456789012-1234567890123-', 'Canary08', letters('k4L', 16))),
  among('Slack webhook', join('T0CANARY9/', 'B0CANARY9/', letters('wH9k', 24)), 'https://hooks.slack.com/services/'),
  whole('Stripe live key', join('sk', '_live_', 'Canary10', letters('9aB', 24))),
  whole('Twilio API key', join('S', 'K', '00ca4a17', letters('0123456789abcdef', 24))),
  whole('SendGrid key', join('S', 'G.', 'Canary12', letters('mN0', 14), '.', letters('pQ8_', 43))),
  whole('npm token', join('np', 'm_', 'Canary13', letters('rT5', 28))),
  whole('OpenAI key', join('s', 'k-proj-', 'Canary14', letters('uV6-', 40))),
  whole('Anthropic key', join('s', 'k-ant-', 'api03-', 'Canary15', letters('wX7_', 60))),
  whole('DigitalOcean token', join('do', 'p_v1_', 'ca4a16', letters('89abcdef0123', 58))),
  among(
    'Azure storage key',
    `${letters('Canary17+Yz/', 86)}==`,
    join('DefaultEndpointsProtocol=https;AccountName=steward;', 'Account', 'Key='),
    ';EndpointSuffix=core.windows.net',
  ),
  whole('Mailgun key', join('ke', 'y-', 'ca4a18', letters('fedcba9876543210', 26))),
  among('Cloudflare token', letters('Canary19_cF4-', 40), join('CLOUDFLARE_API_', 'TOKEN='), ' wrangler deploy'),
  whole('Shopify token', join('shp', 'at_', 'ca4a20', letters('00ff11ee22dd', 26))),
];

const KEYS_AND_HEADERS: Canary[] = [
  {
    name: 'PEM private key',
    value: `-----BEGIN ${'PRIVATE'} KEY-----\n${letters('MIIEcanary21QDANBgkqh', 64)}\n${letters('Canary21', 64)}\n-----END ${'PRIVATE'} KEY-----`,
    needle: letters('Canary21', 64),
  },
  {
    name: 'RSA private key on one line, line ends escaped',
    value: `-----BEGIN RSA ${'PRIVATE'} KEY-----\\n${letters('MIIEcanary22owIBAAK', 64)}\\n-----END RSA ${'PRIVATE'} KEY-----`,
    needle: letters('MIIEcanary22owIBAAK', 64),
  },
  {
    name: 'OpenSSH private key without its end',
    value: `-----BEGIN OPENSSH ${'PRIVATE'} KEY-----\n${letters('b3BlbnNzaCanary23', 140)}`,
    needle: letters('b3BlbnNzaCanary23', 140),
  },
  whole('JWT', jwt),
  among('opaque bearer token', 'Canary25.opaque-token_0815', 'Authorization: Bearer '),
  {
    name: 'JWE in a cookie',
    value: join('__Host-', 'steward=', jwe, '; Path=/'),
    needle: letters('Ciph3rCanary26', 120),
  },
  among('basic-auth URL', 'hunter2-Canary27', 'see https://admin:', '@intranet.example.com/wiki'),
  among('database URL', 's3cr3t.Canary28', 'postgres://steward_api:', '@db.example.com:5432/steward?sslmode=require'),
  among('redis URL without a user', 'only-pw-Canary29', 'redis://:', '@cache.example.com:6379/0'),
  among('Basic header', base64('canary30:pass-word'), 'authorization: Basic '),
];

const NUMBERS: Canary[] = [
  whole('card number', join('4111', '1111', '1111', '1111')),
  among('card number in fours', '5555 5555 5555 4444', 'paid with ', ' on Monday'),
  among('card number with hyphens', '6011-1111-1111-1117', 'card '),
  among('American Express card number', '3782 822463 10005', 'Amex: ', ', thanks'),
  whole('card number with dots', '4012.8888.8888.1881'),
  among('Mastercard number of the 2 series with its expiry', '2223 0031 2200 3222', 'MC ', ' 12/29 123'),
  among('IBAN in fours', 'DE89 3704 0044 0532 0130 00', 'please transfer to ', ' until Friday'),
  whole('IBAN', join('GB82', 'WEST12345698765432')),
  among('IBAN in lower case', join('nl91', 'abna0417164300'), 'konto:'),
];

const E_MAILS: Canary[] = [
  among('e-mail address in a sentence', 'anna.canary40@example.com', 'Requested by ', '.'),
  among('e-mail address with a tag', 'bob+canary41@mail.example.co.uk', 'cc ', ', as agreed'),
  among('e-mail address in a link', 'canary42@example.org', '<a href="mailto:', '?subject=hello">write</a>'),
  among('e-mail address behind a name', 'c.canary43@example.net', 'Carla Canary <', '>'),
  among('e-mail address of an international domain', 'jürgen.canary44@müller-straße.example', 'von '),
];

const ODD_KEYS: Canary[] = [
  keyed('x-api-key', 'x-api-key', 'Canary45-9f8e7d6c'),
  keyed('clientSecret', 'clientSecret', 'Canary46~Tr0ub4dor'),
  keyed('userPwd', 'userPwd', 'Canary47!horse'),
  keyed('db_pass', 'db_pass', 'Canary48#battery'),
  keyed('OLD-PASSWORD-2', 'OLD-PASSWORD-2', 'Canary49staple9'),
  keyed('session.token', 'session.token', 'Canary50.aaaa.9b'),
  // Eight digits: six stand in some trace id or other by chance.
  keyed('one-time password', 'mfa_otp', '04915184'),
  keyed('Set-Cookie', 'Set-Cookie', 'sid=Canary52zz9; HttpOnly'),
];

const HIDDEN: Canary[] = [
  {
    name: 'password in JSON in a JSON string',
    value: JSON.stringify({ step: 1, payload: JSON.stringify({ user: 'bob', password: 'Canary53-nested' }) }),
    needle: 'Canary53-nested',
  },
  {
    name: 'percent-encoded password',
    value: `q=1&body=${percent('user=bob&password=Canary54-pct1')}`,
    needle: 'Canary54-pct1',
  },
  {
    name: 'e-mail address percent-encoded twice',
    value: `next=${percent(percent('/invite?to=dora.canary55@example.com'))}`,
    needle: 'dora.canary55%2540example.com',
  },
  {
    name: 'base64 of JSON with a password',
    value: `state=${base64(JSON.stringify({ login: 'bob', password: 'Canary56-b64x' }))}`,
    needle: base64(JSON.stringify({ login: 'bob', password: 'Canary56-b64x' })).slice(20, 60),
  },
  {
    name: 'base64url of a URL with credentials',
    value: `/open/${base64url('https://root:Canary57-b64url@host.example/?a=>>>')}`,
    needle: base64url('https://root:Canary57-b64url@host.example/?a=>>>').slice(8, 40),
  },
  {
    name: 'password spelt with \\u escapes',
    value: '{"p\\u0061ssw\\u006frd":"\\u0043anary58-uni1"}',
    needle: 'anary58-uni1',
  },
  {
    name: 'e-mail address with an HTML reference',
    value: 'Write to emil.canary59&#64;example.com today',
    needle: 'emil.canary59',
  },
  {
    name: 'base64 of base64 of a token',
    value: `blob ${base64(base64(`token=${join('gl', 'pat-', 'Canary60', letters('q8W-', 20))}`))} end`,
    needle: base64(base64(`token=${join('gl', 'pat-', 'Canary60', letters('q8W-', 20))}`)).slice(8, 48),
  },
];

/** Sixty, of every kind that the redaction knows. */
export const CANARIES: readonly Canary[] = [
  ...VENDOR_TOKENS,
  ...KEYS_AND_HEADERS,
  ...NUMBERS,
  ...E_MAILS,
  ...ODD_KEYS,
  ...HIDDEN,
];

/** The canary as people write it into a text. */
export const inText = ({ under, value }: Canary): string => (under === undefined ? value : `${under}: ${value}`);

/** The canary as a field of an object, under `key` unless it has a key of its own. */
export const asField = ({ under, value }: Canary, key = 'note'): Record<string, string> => ({ [under ?? key]: value });

const decoded = (text: string, decode: (text: string) => string): string => {
  try {
    return decode(text);
  } catch {
    return text;
  }
};

/** Whether `text` holds it, as it was written or with the escapes that JSON and URLs put in. */
export function holds(text: string, { needle }: Canary): boolean {
  const once = decoded(text, decodeURIComponent);
  const spellings = [text, once, decoded(once, decodeURIComponent), text.replace(/\\(["\\/])/g, '$1')];
  const needles = [needle, JSON.stringify(needle).slice(1, -1), percent(needle)];
  return spellings.some((spelling) => needles.some((one) => spelling.includes(one)));
}
