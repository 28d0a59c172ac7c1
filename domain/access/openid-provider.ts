import * as oauth from 'oauth4webapi';
import { DomainError, Unavailable } from '../errors.ts';

export interface ProviderOptions {
  issuer: string;
  clientId: string;
  /** None for a public client: PKCE alone then ties the code to this sign-in. */
  clientSecret: string | undefined;
  redirectUri: string;
  postLogoutRedirectUri: string;
  /** Plain http is for an issuer on the same machine. */
  allowHttp: boolean;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** What one sign-in keeps to itself until its callback. */
export interface LoginSecrets {
  state: string;
  nonce: string;
  /** PKCE, RFC 7636. */
  verifier: string;
}

const TIMEOUT_MS = 5_000;
const FRESH_MS = 3_600_000;
/** An issuer that is away is asked no more than once in this time. */
const PAUSE_MS = 1_000;

// What says that an answer came and was wrong. Everything else means that no proper answer came.
const UNTRUSTED = new Set<unknown>([
  oauth.INVALID_RESPONSE,
  oauth.JWT_CLAIM_COMPARISON,
  oauth.JWT_TIMESTAMP_CHECK,
  oauth.KEY_SELECTION,
  oauth.UNSUPPORTED_OPERATION,
]);

// What the library throws may carry the code, the tokens or whole answers; this is all a log may hold of it.
function summaryOf(error: unknown): Error {
  const { code, error: oauthCode } = error as { code?: unknown; error?: unknown };
  const words = [code, oauthCode, error instanceof Error ? error.message : error];
  return new Error(words.filter((word) => typeof word === 'string' && word !== '').join(': '));
}

const away = (error: unknown) =>
  new Unavailable('The sign-in service does not answer properly right now; try again shortly.', summaryOf(error));

/** The sign-in did not succeed, for a reason of the person's own or of the issuer's. */
const failed = (detail: string, error: unknown) =>
  new DomainError('sign_in_failed', detail, { cause: summaryOf(error) });

function problemOf(error: unknown): DomainError {
  if (error instanceof oauth.AuthorizationResponseError) {
    if (error.error === 'server_error' || error.error === 'temporarily_unavailable') return away(error);
    const denied = error.error === 'access_denied';
    return failed(denied ? 'The sign-in was cancelled or refused.' : 'The issuer refused this sign-in.', error);
  }
  if (error instanceof oauth.ResponseBodyError && error.error === 'invalid_grant')
    return failed('This sign-in was completed before, or it took too long.', error);
  if (UNTRUSTED.has((error as { code?: unknown }).code))
    return failed('The issuer’s answer does not belong to this sign-in.', error);
  return away(error);
}

/** OpenID Connect Core 1.0 as its relying party: authorization code flow with PKCE, state and nonce. */
export class OpenIdProvider {
  #options: ProviderOptions;
  #client: oauth.Client;
  #authentication: oauth.ClientAuth;
  #metadata: { server: oauth.AuthorizationServer; fetchedAt: number } | undefined;
  #failure: { error: unknown; at: number } | undefined;

  constructor(options: ProviderOptions) {
    this.#options = options;
    this.#client = { client_id: options.clientId };
    this.#authentication =
      options.clientSecret === undefined ? oauth.None() : oauth.ClientSecretBasic(options.clientSecret);
  }

  /** Where a browser goes to sign in. @throws Unavailable */
  async authorizationUrl(secrets: LoginSecrets, prompt: string | undefined): Promise<string> {
    const { authorization_endpoint: endpoint } = await this.#server();
    if (endpoint === undefined) throw away(new Error('the issuer names no authorization_endpoint'));
    const url = new URL(endpoint);
    const parameters = {
      response_type: 'code',
      client_id: this.#options.clientId,
      redirect_uri: this.#options.redirectUri,
      scope: 'openid',
      state: secrets.state,
      nonce: secrets.nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(secrets.verifier),
      code_challenge_method: 'S256',
      ...(prompt === undefined ? {} : { prompt }),
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url.href;
  }

  /**
   * Redeems the code of a callback and validates the ID token: signature, iss, aud, exp, nonce.
   * @returns its `sub`
   * @throws DomainError sign_in_failed, Unavailable
   */
  async subjectOf(callback: URLSearchParams, secrets: LoginSecrets): Promise<string> {
    const server = await this.#server();
    try {
      const parameters = oauth.validateAuthResponse(server, this.#client, callback, secrets.state);
      const response = await oauth.authorizationCodeGrantRequest(
        server,
        this.#client,
        this.#authentication,
        parameters,
        this.#options.redirectUri,
        secrets.verifier,
        this.#request(),
      );
      const answer = await oauth.processAuthorizationCodeResponse(server, this.#client, response, {
        expectedNonce: secrets.nonce,
        requireIdToken: true,
      });
      await oauth.validateApplicationLevelSignature(server, response, this.#request());
      return oauth.getValidatedIdTokenClaims(answer)?.sub ?? '';
    } catch (error) {
      throw problemOf(error);
    }
  }

  /** Where a browser goes to end its session at the issuer too (RP-Initiated Logout 1.0); null when the issuer has no such place. */
  async endSessionUrl(): Promise<string | null> {
    const { end_session_endpoint: endpoint } = await this.#server();
    if (endpoint === undefined) return null;
    const url = new URL(endpoint);
    url.searchParams.set('client_id', this.#options.clientId);
    url.searchParams.set('post_logout_redirect_uri', this.#options.postLogoutRedirectUri);
    return url.href;
  }

  #request() {
    return { signal: AbortSignal.timeout(TIMEOUT_MS), [oauth.allowInsecureRequests]: this.#options.allowHttp };
  }

  // Fetches are not shared between requests: one that was cancelled would leave the others waiting.
  async #server(): Promise<oauth.AuthorizationServer> {
    const now = this.#options.now();
    if (this.#metadata && now - this.#metadata.fetchedAt < FRESH_MS) return this.#metadata.server;
    if (this.#failure && now - this.#failure.at < PAUSE_MS) throw away(this.#failure.error);
    try {
      const issuer = new URL(this.#options.issuer);
      const response = await oauth.discoveryRequest(issuer, this.#request());
      const server = await oauth.processDiscoveryResponse(issuer, response);
      this.#metadata = { server, fetchedAt: now };
      return server;
    } catch (error) {
      this.#failure = { error, at: now };
      throw away(error);
    }
  }
}
