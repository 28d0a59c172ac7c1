import { html } from 'hono/html';
import { type DayView, type IncidentView, type StatusView, titleOf } from '../../domain/observability/read-status.ts';
import type { Status } from '../../domain/observability/status.ts';

const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; --line: color-mix(in srgb, CanvasText 16%, Canvas);
    --quiet: color-mix(in srgb, CanvasText 68%, Canvas); --ok: light-dark(#1a7f37, #3fb950); --degraded: light-dark(#9a6700, #d29922);
    --down: light-dark(#c0182c, #f85149); --none: color-mix(in srgb, CanvasText 12%, Canvas); }
  body { margin: 0 auto; max-width: 60rem; padding: 2rem clamp(1rem, 4vw, 2.5rem) 4rem; background: Canvas; color: CanvasText; }
  h1 { margin: 0; font-size: 1.5rem; } h2 { margin: 2.5rem 0 .75rem; font-size: 1.1rem; }
  .quiet { color: var(--quiet); font-size: .875rem; } p { margin: .25rem 0 0; }
  .banner { border: 1px solid var(--line); border-left: .4rem solid var(--color); border-radius: .5rem; padding: 1rem 1.25rem; margin: 1.25rem 0 0; }
  .ok { --color: var(--ok); } .degraded { --color: var(--degraded); } .down { --color: var(--down); } .none { --color: var(--none); }
  .word { color: var(--color); font-weight: 600; }
  ul { list-style: none; margin: 0; padding: 0; } li { border-top: 1px solid var(--line); padding: .9rem 0; }
  .row { display: flex; flex-wrap: wrap; gap: .25rem 1rem; justify-content: space-between; align-items: baseline; }
  .bars { display: flex; gap: 2px; height: 1.75rem; margin: .5rem 0 .25rem; } .bars span { flex: 1; border-radius: 2px; background: var(--color); }
  .ends { display: flex; justify-content: space-between; }
  strong { font-weight: 600; }`;

const WORDS: Record<Status, string> = { ok: 'Working', degraded: 'Degraded', down: 'Down' };
const HEADLINES: Record<Status, string> = {
  ok: 'Everything works',
  degraded: 'Something is not as it should be',
  down: 'Something does not answer',
};

const minutes = (text: string) => text.slice(0, 16).replace('T', ' ');
const percent = (share: number | null) =>
  share === null ? 'no looks yet' : `${(Math.floor(share * 10_000) / 100).toFixed(2)} %`;

function dayClass({ uptime, down, degraded }: DayView): Status | 'none' {
  if (uptime === null) return 'none';
  if (down > 0) return uptime < 0.99 ? 'down' : 'degraded';
  // A slow minute is no bad day.
  return degraded > 10 ? 'degraded' : 'ok';
}

const dayTitle = ({ day, uptime, down, degraded }: DayView) =>
  uptime === null ? `${day}: no looks` : `${day}: ${percent(uptime)}, ${down} min down, ${degraded} min degraded`;

function component({ name, status, since, latencyMs, lastError, uptime, days }: StatusView['components'][number]) {
  const error = lastError ? html` · last error ${lastError.code.replaceAll('_', ' ')} at ${minutes(lastError.at)}` : '';
  return html`<li><div class="row"><strong>${titleOf(name)}</strong><span class="word ${status}">${WORDS[status]}</span></div>
<div class="quiet">since ${minutes(since)} · ${Math.round(latencyMs)} ms${error}</div>
<div class="bars" role="img" aria-label="90 days: ${percent(uptime)}">${days.map(
    (day) => html`<span class="${dayClass(day)}" title="${dayTitle(day)}"></span>`,
  )}</div>
<div class="quiet ends"><span>90 days ago</span><span>${percent(uptime)}</span><span>today</span></div></li>`;
}

function incident({ title, severity, says, openedAt, closedAt }: IncidentView) {
  const state = closedAt === null ? (severity === 'critical' ? 'down' : 'degraded') : 'ok';
  return html`<li><div class="row"><span><strong>${title}</strong>: ${says}</span>
<span class="word ${state}">${closedAt === null ? `Open, ${severity}` : 'Closed'}</span></div>
<div class="quiet">${minutes(openedAt)}${closedAt === null ? '' : html` to ${minutes(closedAt)}`}</div></li>`;
}

function looked(checkedAt: string | null, isStale: boolean) {
  if (checkedAt === null) return 'Nobody has looked yet: the clock looks once a minute.';
  if (isStale)
    return html`The clock has not looked since ${minutes(checkedAt)} UTC: this is how it was then. See whether the cron trigger runs.`;
  return html`Looked at ${minutes(checkedAt)} UTC; this page loads again each minute.`;
}

/** How everything is and was, for staff. No script; times are UTC. */
export function statusPage({ status, checkedAt, isStale, components, incidents }: StatusView) {
  const [open, closed] = [incidents.filter((one) => !one.closedAt), incidents.filter((one) => one.closedAt)];
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="60">
<title>${HEADLINES[status]} · Steward status</title>
<style>${html`${STYLE}`}</style>
</head>
<body>
<h1>Steward status</h1>
<div class="banner ${status}"><span class="word">${HEADLINES[status]}</span>
<p class="quiet">${looked(checkedAt, isStale)}</p></div>
${open.length > 0 ? html`<h2>Open incidents</h2><ul>${open.map(incident)}</ul>` : ''}
<h2>Components</h2>
<ul>${components.map(component)}</ul>
<h2>Past incidents</h2>
${closed.length > 0 ? html`<ul>${closed.map(incident)}</ul>` : html`<p class="quiet">None in 90 days.</p>`}
</body>
</html>`;
}
