import Provider, { type AccessToken, type Context, errors, interactionPolicy, type MachineToken } from 'oidc-provider';
import type { Account } from './issuer.ts';
import { memoryStore } from './memory-adapter.ts';
import { errorPage, signedOutPage, signOutPage } from './pages.ts';
import type { IssuerState } from './state.ts';

export const CLIENT_ID = 'steward-web';
/** A machine that fetches its tokens itself, such as a scraper: an admin with this as its subject gives it its permissions. */
export const MACHINE_ID = 'steward-machine';
/** What an access token for Steward's API may be used for. */
export const API_SCOPE = 'admin';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const HOSTS = ['http://127.0.0.1:3001', 'http://localhost:3001'];

export interface ProviderOptions {
  url: string;
  audience: string;
  state: IssuerState;
  findAccount(subject: string): Account | undefined;
  /** Claims of a token that was not issued through a sign-in. */
  claimsOf(token: AccessToken): Record<string, unknown> | undefined;
}

/** The resource server of RFC 8707: its access tokens are JWTs in the form of RFC 9068. */
export function apiResource(audience: string): Record<string, unknown> {
  return {
    audience,
    scope: API_SCOPE,
    accessTokenFormat: 'jwt',
    accessTokenTTL: 15 * MINUTE,
    jwt: { sign: { alg: 'ES256' } },
  };
}

/** Every function whose default prints a notice is given, as are the keys and the store. */
export function createProvider(o: ProviderOptions): Provider {
  const provider = new Provider(o.url, {
    adapter: memoryStore(),
    jwks: { keys: [o.state.signingKey] },
    cookies: { keys: [o.state.cookieKey] },
    clients: [stewardWeb(), machine(o.state.machineSecret)],
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post'],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    scopes: ['openid'],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    // There is no userinfo endpoint: access tokens are for the API only, so the id token tells who it is.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    responseTypes: ['code'],
    ttl: {
      AccessToken: 15 * MINUTE,
      AuthorizationCode: MINUTE,
      ClientCredentials: 15 * MINUTE,
      Grant: 12 * HOUR,
      IdToken: HOUR,
      Interaction: HOUR,
      Session: 12 * HOUR,
    },
    features: features(o.audience),
    formats: {
      customizers: { jwt: (_: unknown, token: AccessToken | MachineToken, jwt: Jwt) => addClaims(o, token, jwt) },
    },
    interactions: { policy: withoutConsent(), url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    loadExistingGrant: (context: Context) => grantEverything(context, o.audience),
    clientBasedCORS: () => false,
    findAccount: (_: unknown, subject: string) => toClaims(o.findAccount(subject)),
    renderError: (context: Context, problem: Parameters<typeof errorPage>[0]) => {
      context.type = 'html';
      context.body = errorPage(problem);
    },
  });
  provider.silent = true;
  return provider;
}

function stewardWeb(): Record<string, unknown> {
  return {
    client_id: CLIENT_ID,
    client_name: 'Steward',
    token_endpoint_auth_method: 'none',
    // Loopback redirect URIs of a native client match with any port (RFC 8252, section 7.3).
    application_type: 'native',
    grant_types: ['authorization_code'],
    response_types: ['code'],
    redirect_uris: HOSTS.map((host) => `${host}/auth/callback`),
    post_logout_redirect_uris: HOSTS.map((host) => `${host}/`),
  };
}

function machine(secret: string): Record<string, unknown> {
  return {
    client_id: MACHINE_ID,
    client_secret: secret,
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
  };
}

function features(audience: string): Record<string, unknown> {
  return {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    pushedAuthorizationRequests: { enabled: false },
    userinfo: { enabled: false },
    rpInitiatedLogout: {
      logoutSource: (context: Context, form: string) => {
        context.body = signOutPage(form);
      },
      postLogoutSuccessSource: (context: Context) => {
        context.body = signedOutPage();
      },
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => audience,
      useGrantedResource: () => true,
      getResourceServerInfo: (_: unknown, resource: string) => {
        if (resource !== audience) throw new errors.InvalidTarget();
        return apiResource(audience);
      },
    },
  };
}

interface Jwt {
  payload: Record<string, unknown>;
}

function addClaims(o: ProviderOptions, token: AccessToken | MachineToken, { payload }: Jwt): void {
  // A machine has no sign-ins. One session for all its tokens: a new one every quarter of an hour would fill the list of sessions.
  if (token.kind === 'ClientCredentials') {
    Object.assign(payload, { nbf: payload.iat, sid: token.clientId });
    return;
  }
  // A sign-in's tokens name its session: the API revokes by it.
  const signIn = { sid: token.sid ?? token.sessionUid, email: o.findAccount(token.accountId)?.email };
  Object.assign(payload, { nbf: payload.iat }, o.claimsOf(token) ?? signIn);
}

/** Steward's own client asks nobody whether Steward may know who they are. */
function withoutConsent(): object {
  const policy = interactionPolicy.base();
  policy.remove('consent');
  return policy;
}

async function grantEverything({ oidc }: Context, audience: string): Promise<unknown> {
  const { client, session, provider } = oidc;
  const known = session.grantIdFor(client.clientId);
  const existing = known === undefined ? undefined : await provider.Grant.find(known);
  if (existing) return existing;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope('openid email profile');
  grant.addResourceScope(audience, API_SCOPE);
  await grant.save();
  return grant;
}

function toClaims(account: Account | undefined): object | undefined {
  if (!account) return undefined;
  const { subject, email, name } = account;
  return { accountId: subject, claims: () => ({ sub: subject, email, email_verified: true, name }) };
}
