import { sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { deadLetters } from '../schema/index.ts';

const p = sql.placeholder;

/** Keeps a queue message that used up its deliveries; a second delivery of the dead letter itself changes nothing. */
export const keepDeadLetter = statement<{ id: string; queue: string; body: string; attempts: number }, never>(sql`
INSERT INTO ${deadLetters} (id, queue, body, attempts)
VALUES (${p('id')}, ${p('queue')}, ${p('body')}::jsonb, ${p('attempts')}::int) ON CONFLICT DO NOTHING`);
