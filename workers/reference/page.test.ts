import { describe, expect, it } from 'vitest';
import { createApp } from '../app.ts';
import { type ApiDocument, operationsOf, typeOf } from './document.ts';
import { API_DOCUMENT } from './mount.ts';
import { referencePage } from './page.ts';

const document = JSON.parse(JSON.stringify(createApp().getOpenAPI31Document(API_DOCUMENT))) as ApiDocument;

describe('the reference page', () => {
  it('has every operation once, each reached from the list, and no script', async () => {
    const page = String(await referencePage(document, 'https://steward.example'));
    const sections = [...page.matchAll(/<section id="([^"]+)"/g)].map(([, id]) => id);
    const links = [...page.matchAll(/<a href="#([^"]+)"/g)].map(([, id]) => id);
    expect(sections).toHaveLength(operationsOf(document).length);
    expect(new Set(sections).size).toBe(sections.length);
    expect(links).toEqual(sections);
    expect(page).not.toMatch(/<script|javascript:|\son\w+=|undefined|\[object/i);
    expect(page).toContain('curl -H "Authorization: Bearer $TOKEN" https://steward.example/v1/admin/me');
  });

  it('shows text as text', async () => {
    const evil = '<img src=x onerror=alert(1)>';
    const operation = { summary: evil, description: evil, responses: { 200: { description: evil } } };
    const page = String(await referencePage({ paths: { [`/${evil}`]: { get: operation } } }, evil));
    expect(page).not.toContain('<img');
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;');
  });

  it('sets what stands between backticks as code', async () => {
    const operation = { summary: 's', description: 'Without `from`, `<b>` too', responses: {} };
    const page = String(await referencePage({ paths: { '/a': { get: operation } } }, ''));
    expect(page).toContain('Without <code>from</code>, <code>&lt;b&gt;</code> too');
  });

  it('writes types as a person would', () => {
    const of = (schema: Parameters<typeof typeOf>[1]) =>
      typeOf({ components: { schemas: { A: { type: 'integer' } } } }, schema);
    expect(of({ type: ['string', 'null'] })).toBe('string | null');
    expect(of({ type: ['string', 'null'], format: 'uuid' })).toBe('string (uuid) | null');
    expect(of({ type: ['object', 'null'], properties: { a: { type: 'string' } } })).toBe('{ a: string } | null');
    expect(of({ type: 'array', items: { anyOf: [{ $ref: '#/components/schemas/A' }, { const: 'x' }] } })).toBe(
      '(integer | "x")[]',
    );
    expect(of({ properties: { a: { type: 'string', format: 'uuid' } } })).toBe('{ a: string (uuid) }');
    expect(of({ type: 'object', additionalProperties: { type: 'string' } })).toBe('{ [name]: string }');
  });
});
