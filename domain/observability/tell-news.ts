import type { Context } from '../context.ts';
import { notify } from '../notifications/notify.ts';
import { derivedId } from '../operations/derived-id.ts';
import { titleOf } from './read-status.ts';
import { RULES } from './rules.ts';
import type { News } from './status.ts';

/** Tells of incidents; what cannot be told now is news again at the next look, under the same id, so that it is delivered once. */
export async function tellNews(
  ctx: Pick<Context, 'queues' | 'now' | 'newId' | 'statusLog'>,
  news: readonly News[],
): Promise<void> {
  for (const { incident, happened } of news) {
    const { id, rule, subject, severity, openedAt, closedAt } = incident;
    const data = {
      incidentId: id,
      rule,
      component: titleOf(subject),
      severity,
      startedAt: new Date(openedAt).toISOString(),
      endedAt: closedAt === null ? null : new Date(closedAt).toISOString(),
      detail: RULES[rule].says,
    };
    await notify(ctx, `incident.${happened}`, data, await derivedId(id, happened));
    await ctx.statusLog.told(id, happened);
  }
}
