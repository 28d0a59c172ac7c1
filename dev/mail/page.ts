import type { CaughtMail } from './catcher.ts';

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => ESCAPES[sign] ?? sign);

const entry = ({ receivedAt, recipients, subject, text }: CaughtMail) =>
  `<article><h2>${escaped(subject)}</h2><p>${escaped(recipients.join(', '))} · ${receivedAt}</p><pre>${escaped(text)}</pre></article>`;

/** What was caught, the newest first; loads itself anew. */
export const page = (caught: readonly CaughtMail[]): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5"><title>Caught e-mail</title>
<style>body{font:16px/1.5 system-ui;max-width:44rem;margin:2rem auto;padding:0 1rem}pre{white-space:pre-wrap}article{border-top:1px solid #ccc}</style>
</head><body><h1>Caught e-mail</h1>${caught.length === 0 ? '<p>None yet.</p>' : caught.map(entry).reverse().join('\n')}</body></html>`;
