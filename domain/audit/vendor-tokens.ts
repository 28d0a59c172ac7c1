/** Tokens that begin with a mark of their maker. */
const VENDORS: Readonly<Record<string, string>> = {
  // The access key's other half often stands right behind it.
  'AWS key': '(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])(?:[\\s,:;|"\']{1,6}[A-Za-z0-9/+]{40}(?![\\w/+]))?',
  'Google key': 'AIza[\\w-]{35}|ya29\\.[\\w-]{20,}|GOCSPX-[\\w-]{20,}|1//0[\\w-]{30,}',
  'GitHub token': 'gh[pousr]_\\w{30,}|github_pat_\\w{30,}',
  'GitLab token': 'gl(?:pat|ptt|dt|rt|cbt|oas|ft|imt|agent|soat|ffct)-[\\w-]{20,}',
  'Slack token': 'xox[a-eoprs]-[\\w-]{10,}|xapp-\\d-[\\w-]{10,}',
  'Stripe key': '(?:sk|rk|pk)_(?:live|test)_\\w{16,}|whsec_[\\w+/=]{20,}',
  'Twilio key': '(?:SK|AC)[0-9a-f]{32}(?![A-Za-z0-9])',
  'SendGrid key': 'SG\\.[\\w-]{16,}\\.[\\w-]{16,}',
  'npm token': 'npm_[A-Za-z0-9]{30,}',
  'PyPI token': 'pypi-[\\w-]{50,}',
  // CSS classes begin the same way (sk-folding-cube), without digits.
  'AI provider key': 'sk-(?=[\\w-]{0,60}\\d)[\\w-]{20,}',
  'DigitalOcean token': 'do[opr]_v1_[0-9a-f]{32,}',
  'Cloudflare key': 'v1\\.0-[0-9a-f]{24}-[0-9a-f]{100,}|cf(?:ut|at|k)_[\\w-]{30,}',
  'Mailgun key': 'key-[0-9a-f]{32}(?![A-Za-z0-9])',
  'Mailchimp key': '[0-9a-f]{32}-us\\d{1,2}(?![A-Za-z0-9])',
  'Shopify token': 'shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}',
  'Hugging Face token': 'hf_[A-Za-z0-9]{30,}',
  'Databricks token': 'dapi[0-9a-f]{32}(?![A-Za-z0-9])',
  'Atlassian token': 'ATATT3[\\w=-]{20,}|ATCTT3[\\w=-]{20,}',
  'Linear key': 'lin_(?:api|oauth)_\\w{30,}',
  'Notion token': '(?:ntn|secret)_[A-Za-z0-9]{40,}',
  'Vault token': 'hv[sbr]\\.[\\w-]{20,}',
  'Square token': 'sq0(?:atp|csp|idp)-[\\w-]{20,}',
  'Telegram token': '\\d{8,10}:AA[\\w-]{32,}',
  'New Relic key': 'NR(?:AK|JS|II|AL)-\\w{20,}',
  'Grafana token': 'gl(?:c|sa)_[\\w=+/-]{20,}',
  'Sentry token': 'sntry[su]_[\\w=+/-]{20,}',
  'Docker token': 'dckr_(?:pat|oat)_[\\w-]{20,}',
  'Postman key': 'PMAK-[\\w-]{20,}',
  'Figma token': 'figd_[\\w-]{20,}',
  'Doppler token': 'dp\\.(?:pt|st|ct|sa|scim)\\.\\w{20,}',
  'PlanetScale token': 'pscale_(?:tkn|pw|oauth)_[\\w-]{20,}',
  'Supabase key': 'sbp_[0-9a-f]{32,}|sb_secret_[\\w-]{20,}',
  'Neon key': 'napi_\\w{30,}',
  'Terraform token': '[A-Za-z0-9]{14}\\.atlasv1\\.[\\w-]{40,}',
  'age key': 'AGE-SECRET-KEY-1[A-Z0-9]{50,}',
};

/** One walk over the text for all of them. */
export const VENDOR_TOKEN = new RegExp(`(?<![A-Za-z0-9])(?:${Object.values(VENDORS).join('|')})`, 'g');

/** Whose token it is. */
export const vendorOf = (token: string): string =>
  Object.entries(VENDORS).find(([, pattern]) => new RegExp(`^(?:${pattern})`).test(token))?.[0] ?? 'token';
