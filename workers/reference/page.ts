import { html } from 'hono/html';
import { type ApiDocument, fieldsOf, type Operation, operationsOf, type Schema } from './document.ts';

const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; --line: color-mix(in srgb, CanvasText 18%, Canvas);
    --soft: color-mix(in srgb, CanvasText 6%, Canvas); --quiet: color-mix(in srgb, CanvasText 70%, Canvas); }
  * { box-sizing: border-box; }
  body { margin: 0; display: grid; grid-template-columns: 19rem minmax(0, 1fr); background: Canvas; color: CanvasText; }
  nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.25rem; border-right: 1px solid var(--line); font-size: .875rem; }
  nav h2 { font-size: .75rem; text-transform: uppercase; letter-spacing: .06em; margin: 1.25rem 0 .25rem; color: var(--quiet); }
  nav ul { list-style: none; margin: 0; padding: 0; } nav a { display: block; padding: .2rem 0; color: inherit; text-decoration: none; }
  nav a:hover, nav a:focus-visible { text-decoration: underline; }
  main { padding: 1.5rem clamp(1rem, 4vw, 3rem) 6rem; max-width: 62rem; }
  section { border-top: 1px solid var(--line); padding: 1.5rem 0; scroll-margin-top: 1rem; }
  h1 { margin: 0 0 .5rem; } h3 { margin: 0; font-size: 1.1rem; } h4 { margin: 1.1rem 0 .35rem; font-size: .9rem; }
  .route { font: .9rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere; margin: .35rem 0; }
  .method { display: inline-block; min-width: 4.2rem; padding: 0 .4rem; margin-right: .5rem; border-radius: .25rem; text-align: center;
    font-weight: 600; border: 1px solid currentColor; }
  .get { color: light-dark(#0b5cad, #79b8ff); } .post { color: light-dark(#116329, #7ee787); } .patch { color: light-dark(#8a4b00, #f2b36b); }
  .delete { color: light-dark(#a40e26, #ff9ba5); }
  table { border-collapse: collapse; width: 100%; font-size: .875rem; } td, th { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0;
    border-bottom: 1px solid var(--line); } code { font: .85em ui-monospace, monospace; overflow-wrap: anywhere; }
  td:first-child code { white-space: nowrap; }
  .quiet { color: var(--quiet); } pre { background: var(--soft); padding: .75rem 1rem; border-radius: .4rem; overflow-x: auto; font-size: .8rem; }
  @media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; border: 0; } }`;

const idOf = ({ method, path }: Operation) => `${method}-${path.replaceAll(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '')}`;

function fields(document: ApiDocument, schema: Schema | undefined) {
  const rows = fieldsOf(document, schema);
  if (rows.length === 0) return html``;
  return html`<table><thead><tr><th scope="col">Field</th><th scope="col">Type</th><th scope="col">About</th></tr></thead><tbody>${rows.map(
    ({ name, type, required, about }) =>
      html`<tr><td><code>${name}</code>${required ? '' : html` <span class="quiet">optional</span>`}</td><td><code>${type}</code></td><td>${prose(about)}</td></tr>`,
  )}</tbody></table>`;
}

function parameters(document: ApiDocument, operation: Operation) {
  const given = operation.parameters ?? [];
  if (given.length === 0) return html``;
  return html`<h4>Parameters</h4><table><thead><tr><th scope="col">Name</th><th scope="col">In</th><th scope="col">Type</th><th scope="col">About</th></tr></thead><tbody>${given.map(
    ({ name, in: place, required, schema, description }) => {
      const [{ type, about } = { type: '', about: '' }] = fieldsOf(document, { properties: { [name]: schema ?? {} } });
      return html`<tr><td><code>${name}</code>${required ? '' : html` <span class="quiet">optional</span>`}</td><td>${place}</td><td><code>${type}</code></td><td>${prose(description ?? about)}</td></tr>`;
    },
  )}</tbody></table>`;
}

function responses(document: ApiDocument, operation: Operation) {
  const all = Object.entries(operation.responses);
  const good = all.find(([status]) => status.startsWith('2'));
  return html`<h4>Answers</h4><table><tbody>${all.map(
    ([status, { description }]) => html`<tr><td><code>${status}</code></td><td>${prose(description)}</td></tr>`,
  )}</tbody></table>${good ? fields(document, Object.values(good[1].content ?? {})[0]?.schema) : ''}`;
}

/** Names of fields stand between backticks, as OpenAPI's descriptions are CommonMark. */
const prose = (text: string) =>
  text.split('`').map((part, n) => (n % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));

function section(document: ApiDocument, operation: Operation) {
  const request = Object.entries(operation.requestBody?.content ?? {})[0];
  const permissions = operation['x-permissions'];
  return html`<section id="${idOf(operation)}"><h3>${shortOf(operation)}</h3>
<p class="route"><span class="method ${operation.method}">${operation.method.toUpperCase()}</span>${operation.path}</p>
${operation.description ? html`<p>${prose(operation.description)}</p>` : ''}
${operation.security ? '' : html`<p class="quiet">Needs no token.</p>`}
${permissions && permissions.length > 0 ? html`<p class="quiet">Permission: <code>${permissions.join(', ')}</code></p>` : ''}
${parameters(document, operation)}
${request ? html`<h4>Body <span class="quiet">${request[0]}</span></h4>${fields(document, request[1].schema)}` : ''}
${responses(document, operation)}</section>`;
}

const ORDER = [
  'services',
  'domains',
  'features',
  'testers',
  'countries',
  'locales',
  'consents',
  'documents',
  'gate',
  'access',
  'audit',
  'exports',
];

/** By group; what a signed link opens comes after what gives the link. */
function placeOf({ tags, security }: Operation): number {
  const place = ORDER.indexOf(tags?.[0] ?? '');
  return (place < 0 ? ORDER.length : place) + (security ? 0 : 0.5);
}

/** The API's reference: one page of HTML without a script, from the same document as /v1/openapi.json. */
export function referencePage(document: ApiDocument, publicUrl: string) {
  const operations = operationsOf(document).toSorted((a, b) => placeOf(a) - placeOf(b));
  const groups = Map.groupBy(operations, ({ tags }) => tags?.[0] ?? 'other');
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Steward API</title><style>${STYLE}</style></head><body>
<nav aria-label="Operations"><strong>Steward API</strong>${[...groups].map(
    ([tag, group]) =>
      html`<h2>${tag}</h2><ul>${group.map((each) => html`<li><a href="#${idOf(each)}">${shortOf(each)}</a></li>`)}</ul>`,
  )}</nav>
<main><h1>Steward API</h1>
<p>Send an access token: <code>Authorization: Bearer …</code>. Errors are RFC 9457 <code>application/problem+json</code> with a stable
<code>code</code>. A resource’s <code>ETag</code> is its version; send it back as <code>If-Match</code>. A POST that creates takes an
<code>Idempotency-Key</code>; every change takes an <code>Audit-Reason</code>. The same as a machine reads it:
<a href="/v1/openapi.json">/v1/openapi.json</a>.</p>
<pre>curl -H "Authorization: Bearer $TOKEN" ${publicUrl}/v1/admin/me</pre>
${[...groups.values()].flat().map((each) => section(document, each))}</main></body></html>`;
}

/** Without the permission, which the section names. */
const shortOf = ({ summary = '' }: Operation) => summary.replace(/ \([\w., ]+\)$/, '');
