import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JWK } from 'jose';
import type Provider from 'oidc-provider';
import type { AccessToken } from 'oidc-provider';
import { interactions } from './interactions.ts';
import { API_SCOPE, apiResource, CLIENT_ID, createProvider, MACHINE_ID } from './provider.ts';
import { loadState, saveState } from './state.ts';

export interface Account {
  subject: string;
  email: string;
  name: string;
}

export interface TokenRequest {
  subject: string;
  email: string;
  sessionId: string;
  /** 15 minutes if absent; negative for a token that has expired already. */
  ttlSeconds?: number;
}

export interface Issuer {
  /** http://127.0.0.1:port, the `iss` of its tokens */
  url: string;
  jwksUrl: string;
  /** Issues an access token (RFC 9068) as a sign-in would, for anybody, known account or not. */
  accessToken(o: TokenRequest): Promise<string>;
  /** Who may fetch tokens by client credentials (RFC 6749 section 4.4); their `sub` is the client's id. */
  machine: { clientId: string; clientSecret: string };
  /** Private, for tests that forge tokens. */
  signingKey: JWK;
  /** How often the key set was fetched. */
  jwksRequests(): number;
  close(): Promise<void>;
}

export interface IssuerOptions {
  /** 0 or absent: the one used last, if the state file knows it and it is free, else any. */
  port?: number;
  /** Keeps the keys, so that tokens survive a restart on the same port. */
  stateFile?: string;
  /** The API's identifier, an absolute URI (RFC 8707): the `aud` of access tokens. */
  audience: string;
  /** Who the sign-in page offers to be. */
  accounts?: Account[];
}

const DEFAULT_ACCOUNTS: Account[] = [{ subject: 'local-admin', email: 'admin@steward.local', name: 'Local admin' }];

/** An OpenID provider on this machine: discovery, keys, authorization code flow with PKCE, client credentials, sign-out. */
export async function startIssuer(o: IssuerOptions): Promise<Issuer> {
  const accounts = o.accounts ?? DEFAULT_ACCOUNTS;
  const state = await loadState(o.stateFile);
  const server = createServer();
  const port = await listen(server, o.port || 0, state.port ?? 0);
  if (o.stateFile !== undefined) await saveState(o.stateFile, { ...state, port });
  const url = `http://127.0.0.1:${port}`;
  const claims = new WeakMap<AccessToken, Record<string, unknown>>();
  const provider = createProvider({
    url,
    state,
    audience: o.audience,
    findAccount: (subject) => accounts.find((account) => account.subject === subject),
    claimsOf: (token) => claims.get(token),
  });
  const requests = serve(server, provider, accounts);
  return {
    url,
    jwksUrl: `${url}/jwks`,
    machine: { clientId: MACHINE_ID, clientSecret: state.machineSecret },
    signingKey: state.signingKey,
    jwksRequests: () => requests.jwks,
    accessToken: async (request) => {
      const token = await newToken(provider, o.audience, request);
      claims.set(token, { sid: request.sessionId, email: request.email });
      return token.save();
    },
    close: () => close(server),
  };
}

async function newToken(provider: Provider, audience: string, request: TokenRequest): Promise<AccessToken> {
  return new provider.AccessToken({
    accountId: request.subject,
    client: await provider.Client.find(CLIENT_ID),
    resourceServer: { identifier: () => audience, ...apiResource(audience) },
    scope: API_SCOPE,
    expiresIn: request.ttlSeconds ?? 900,
  });
}

function serve(server: Server, provider: Provider, accounts: Account[]): { jwks: number } {
  const requests = { jwks: 0 };
  const answer = provider.callback();
  const signIn = interactions(provider, accounts);
  server.on('request', (request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    if (path === '/jwks') requests.jwks += 1;
    void (signIn.handles(path) ? signIn.serve(request, response, path) : answer(request, response));
  });
  return requests;
}

async function listen(server: Server, wanted: number, last: number): Promise<number> {
  const attempt = (port: number): Promise<number> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve((server.address() as AddressInfo).port);
      });
    });
  if (!wanted) return attempt(last).catch(() => attempt(0));
  return attempt(wanted).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new Error(`Port ${wanted} is in use: stop the program that uses it or choose another port for the issuer.`);
  });
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeAllConnections();
  await closed;
}
