import type { V4WorkerOptions } from 'miniflare';
import type { OutgoingMail } from '../mail/catcher.ts';

/** Takes an e-mail that the Worker sends; rejects where it cannot be sent. */
export type SendMail = (mail: OutgoingMail) => Promise<void>;

const NAME = 'mail-bridge';

/** The binding's one method, as the Worker calls it: by RPC. */
const SCRIPT = `
import { WorkerEntrypoint } from 'cloudflare:workers';
export class Email extends WorkerEntrypoint {
  async send(mail) {
    const answer = await this.env.HAND_OVER.fetch('http://mail/', { method: 'POST', body: JSON.stringify(mail) });
    if (!answer.ok) throw new Error('the mail server did not take it');
    return { messageId: crypto.randomUUID() };
  }
}
export default { fetch: () => new Response(null, { status: 404 }) };
`;

/** Stands in for Cloudflare's Email Service. */
export const mailBridge = (send: SendMail, { compatibilityDate }: Partial<V4WorkerOptions>) => ({
  /** For the Worker, in place of its binding. */
  binding: { EMAIL: { name: NAME, entrypoint: 'Email' } },
  worker: {
    name: NAME,
    compatibilityDate,
    serviceBindings: {
      HAND_OVER: async (request: Request) => {
        const status = await send((await request.json()) as OutgoingMail).then(
          () => 204,
          () => 502,
        );
        return new Response(null, { status }) as never;
      },
    },
    modules: [{ type: 'ESModule', path: 'index.js', contents: SCRIPT }],
  } as unknown as V4WorkerOptions,
});
