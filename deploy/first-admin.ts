/**
 * `npm run first-admin -- --subject SUB --email E --name N`: makes the one admin that nobody can add from within, an owner.
 * Run it once, after `npm run migrate`. Owners add everybody else.
 */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { neonConfig } from '@neondatabase/serverless';
import { v7 } from 'uuid';
import * as z from 'zod';
import { type FirstAdminRow, makeFirstAdmin } from '../drizzle/first-admin.ts';

const USAGE = 'npm run first-admin -- --subject SUB --email ADDRESS --name NAME';

const name = (what: string) =>
  z
    .string({ error: `${what} is missing` })
    .trim()
    .min(1, `${what} is empty`)
    .max(200, `${what} is longer than 200 characters`)
    .refine((text) => !/\p{Cc}/u.test(text), `${what} holds a control character`);

const person = z.object({
  subject: name('--subject, the `sub` your issuer gives this person,'),
  email: z.email({ error: ({ input }) => (input ? '--email is no e-mail address' : '--email is missing') }).max(200),
  name: name('--name'),
});

function fail(message: string, exitCode: 1 | 2): never {
  console.error(message);
  process.exit(exitCode);
}

function readArguments(): z.infer<typeof person> {
  const options = { subject: { type: 'string' }, email: { type: 'string' }, name: { type: 'string' } } as const;
  let values: unknown;
  try {
    values = parseArgs({ options }).values;
  } catch (error) {
    fail(`${(error as Error).message.split('\n')[0]}\nUsage: ${USAGE}`, 2);
  }
  const result = person.safeParse(values);
  if (result.success) return result.data;
  return fail(`${result.error.issues.map(({ message }) => message).join('\n')}\nUsage: ${USAGE}`, 2);
}

const REFUSALS: Record<string, (row: FirstAdminRow, email: string) => string> = {
  owner_exists: ({ email }) =>
    `There is an owner already (${email}): sign in as that owner and add admins and grants there. Nothing was changed.`,
  not_active: () => 'The admin with this subject is locked or removed: take another one. Nothing was changed.',
  email_taken: (_, email) =>
    `An admin with the address ${email} has another subject: check --subject, or take another address. Nothing was changed.`,
};

async function main(): Promise<void> {
  const { subject, email, name: called } = readArguments();
  const { DATABASE_URL_OWNER: url, NEON_HTTP_ENDPOINT: endpoint } = process.env;
  if (!url) fail('DATABASE_URL_OWNER is not set: connection string of the role that owns the tables (postgres://…)', 2);
  if (endpoint) neonConfig.fetchEndpoint = endpoint;
  const msecs = Date.now();
  const row = await makeFirstAdmin(url, {
    ids: { admin: v7(), grant: v7(), event: v7({ msecs }) },
    at: new Date(msecs).toISOString(),
    subject,
    email,
    name: called,
    traceId: randomUUID().replaceAll('-', ''),
  }).catch((error: Error) => fail(`The database refused: ${error.message.split('\n')[0]}`, 1));
  const refusal = REFUSALS[row.outcome];
  if (refusal) fail(refusal(row, email), 1);
  console.log(
    `${row.email} ${row.outcome === 'made' ? 'is an admin now, and' : 'was an admin, and is now'} the owner.`,
  );
}

await main();
