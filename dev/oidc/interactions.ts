import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import type { Account } from './issuer.ts';
import { errorPage, loginPage } from './pages.ts';

const PATH = /^\/interaction\/[\w-]+$/;
const BODY_LIMIT = 4_096;

/**
 * The step of the flow that a person takes: GET shows the accounts, POST chooses one (`account`) or gives up
 * (`cancel`). The provider's cookie says which sign-in it belongs to.
 */
export function interactions(provider: Provider, accounts: Account[]) {
  const finish = (request: IncomingMessage, response: ServerResponse, result: Record<string, unknown>) =>
    provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });

  return {
    handles: (path: string): boolean => PATH.test(path),

    async serve(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
      try {
        await provider.interactionDetails(request, response);
        if (request.method !== 'POST') return sendPage(response, 200, loginPage(path, accounts));
        const form = new URLSearchParams(await readBody(request));
        if (form.has('cancel')) {
          return finish(request, response, { error: 'access_denied', error_description: 'The sign-in was cancelled.' });
        }
        const account = accounts.find(({ subject }) => subject === form.get('account'));
        if (!account) return sendPage(response, 400, errorPage({ error: 'There is no such account.' }));
        await finish(request, response, { login: { accountId: account.subject } });
      } catch {
        sendPage(response, 400, errorPage({ error: 'This sign-in is over: start again from Steward.' }));
      }
    },
  };
}

function sendPage(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    // No form-action: browsers apply it to the redirects as well, and those lead to the client.
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
  });
  response.end(html);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new Error('too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
