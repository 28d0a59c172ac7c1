/** The Worker's variables and secrets for an embedded stack: the same names a deployment sets. */
export function workerVars(o: {
  neonUrl: string;
  ownerUrl: string;
  rolePasswords: { api: string; exporter: string; drainer: string };
  clickhouse: { url: string; readerPassword: string; writerPassword: string; keeperPassword: string };
  issuer: { url: string; jwksUrl: string };
  audience: string;
  baseUrl: string;
  linkKeys: string;
  cookieKeys: string;
  notifyKeys: string;
}): Record<string, string> {
  const as = (role: 'api' | 'exporter' | 'drainer') => {
    const url = new URL(o.ownerUrl);
    url.username = `steward_${role}`;
    url.password = o.rolePasswords[role];
    return url.href;
  };
  return {
    ENVIRONMENT: 'development',
    PUBLIC_URL: o.baseUrl,
    OIDC_ISSUER: o.issuer.url,
    OIDC_JWKS_URL: o.issuer.jwksUrl,
    OIDC_AUDIENCE: o.audience,
    OIDC_CLIENT_ID: 'steward-web',
    DATABASE_URL_API: as('api'),
    DATABASE_URL_EXPORTER: as('exporter'),
    DATABASE_URL_DRAINER: as('drainer'),
    NEON_HTTP_ENDPOINT: o.neonUrl,
    CLICKHOUSE_URL: o.clickhouse.url,
    CLICKHOUSE_READER_PASSWORD: o.clickhouse.readerPassword,
    CLICKHOUSE_WRITER_PASSWORD: o.clickhouse.writerPassword,
    CLICKHOUSE_KEEPER_PASSWORD: o.clickhouse.keeperPassword,
    LINK_KEYS: o.linkKeys,
    COOKIE_KEYS: o.cookieKeys,
    NOTIFY_KEYS: o.notifyKeys,
    NOTIFY_EMAIL_FROM: 'steward@steward.local',
  };
}
