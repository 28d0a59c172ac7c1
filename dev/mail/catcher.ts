import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTransport } from 'nodemailer';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { page } from './page.ts';

/** An e-mail as it was received. */
export interface CaughtMail {
  /** RFC 3339. */
  receivedAt: string;
  /** Of the envelope: who it was delivered to. */
  recipients: string[];
  from: string;
  subject: string;
  text: string;
  /** Names in lower case. */
  headers: Record<string, string>;
}

/** An e-mail as Cloudflare's binding takes it; see workers/context.ts. */
export interface OutgoingMail {
  from: string;
  to: string[];
  subject: string;
  text: string;
  headers?: Record<string, string>;
}

export interface MailCatcher {
  /** A page of what was caught; `messages` below it is the same as JSON. */
  url: string;
  port: number;
  smtpPort: number;
  /** The newest last. */
  caught: readonly CaughtMail[];
  /** Over SMTP. */
  send(mail: OutgoingMail): Promise<void>;
  close(): Promise<void>;
}

const MOST_KEPT = 200;

/** A mail server that delivers to nobody: whatever is sent through it can be looked at. */
export async function startMailCatcher({ port = 0 }: { port?: number } = {}): Promise<MailCatcher> {
  const caught: CaughtMail[] = [];
  const smtp = await startSmtp((mail) => {
    caught.push(mail);
    if (caught.length > MOST_KEPT) caught.shift();
  });
  const http = createServer((request, response) => {
    const isJson = request.url === '/messages';
    const found = isJson || request.url === '/';
    response.writeHead(found ? 200 : 404, { 'Content-Type': isJson ? 'application/json' : 'text/html; charset=utf-8' });
    response.end(found ? (isJson ? JSON.stringify(caught) : page(caught)) : '');
  });
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  const transport = createTransport({ host: '127.0.0.1', port: smtp.port, secure: false, ignoreTLS: true });
  const { port: httpPort } = http.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${httpPort}`,
    port: httpPort,
    smtpPort: smtp.port,
    caught,
    send: async (mail) => void (await transport.sendMail(mail)),
    async close() {
      transport.close();
      http.closeAllConnections();
      await Promise.all([new Promise((resolve) => http.close(resolve)), smtp.close()]);
    },
  };
}

async function startSmtp(take: (mail: CaughtMail) => void) {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    logger: false,
    onData(stream, session, done) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const recipients = session.envelope.rcptTo.map(({ address }) => address);
        read(Buffer.concat(parts), recipients).then(
          (mail) => {
            take(mail);
            done();
          },
          (error: Error) => done(error),
        );
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

async function read(source: Buffer, recipients: string[]): Promise<CaughtMail> {
  const mail = await PostalMime.parse(source);
  return {
    receivedAt: new Date().toISOString(),
    recipients,
    from: mail.from?.address ?? '',
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    headers: Object.fromEntries(mail.headers.map(({ key, value }) => [key, value])),
  };
}
