/** The package ships no types: what is used here, no more. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export interface Client {
    clientId: string;
  }

  export interface Grant {
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
    save(): Promise<string>;
  }

  export interface MachineToken {
    kind: 'ClientCredentials';
    clientId: string;
  }

  export interface AccessToken {
    kind: 'AccessToken';
    accountId: string;
    sid?: string;
    sessionUid?: string;
    save(): Promise<string>;
  }

  export interface Context {
    body: string;
    type: string;
    oidc: {
      client: Client;
      session: { accountId: string; grantIdFor(clientId: string): string | undefined };
      provider: Provider;
    };
  }

  export interface Interaction {
    uid: string;
    prompt: { name: string };
  }

  export default class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>);
    /** Koa's: errors are not printed. */
    silent: boolean;
    readonly AccessToken: new (
      values: Record<string, unknown>,
    ) => AccessToken;
    readonly Client: { find(id: string): Promise<Client | undefined> };
    readonly Grant: (new (values: {
      accountId: string;
      clientId: string;
    }) => Grant) & {
      find(id: string): Promise<Grant | undefined>;
    };
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>;
    interactionFinished(
      request: IncomingMessage,
      response: ServerResponse,
      result: Record<string, unknown>,
      options: { mergeWithLastSubmission: boolean },
    ): Promise<void>;
  }

  export const errors: { InvalidTarget: new () => Error };
  export const interactionPolicy: { base(): { remove(prompt: string): void } };
}
