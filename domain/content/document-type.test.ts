import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { declaredType, typeOf } from './document-type.ts';

const SEED = 20_261_122;
const utf8 = (text: string) => new TextEncoder().encode(text);
const bytes = (...values: number[]) => Uint8Array.from(values);

describe('type of a document', () => {
  it.each([
    ['a version 1.7', utf8('%PDF-1.7\n%âãÏÓ\n1 0 obj')],
    ['a version 2.0', utf8('%PDF-2.0\n')],
    ['binary behind the header', Uint8Array.from([...utf8('%PDF-1.4\n'), 0, 255, 254, 128])],
  ])('is PDF: %s', (_, content) => {
    expect(typeOf(content)).toBe('application/pdf');
  });

  it.each([
    '# Terms\n\nYou agree.',
    'x',
    '\ufeff# With a mark',
    'Grüße aus 東京 🎉\r\n\tindented',
    '<!-- a comment -->\n# Title',
    '<div align="center">\n\n# Title\n\n</div>',
    '<headline-component>',
    'An <html> tag further down is text',
    'a < b',
    '%PDF is a format',
    '{"json": "is text, too"}',
    '<!-- never ends',
    `${'ab '.repeat(87_381)}ü🎉`,
  ])('is Markdown: %j', (text) => {
    expect(typeOf(utf8(text))).toBe('text/markdown');
  });

  it.each([
    ['HTML', utf8('<!DOCTYPE html><html></html>')],
    ['HTML after space', utf8(' \r\n\t<HTML lang="en">')],
    ['HTML after comments', utf8('<!-- a --> <!-- b -->\n<script>alert(1)</script>')],
    ['HTML after a mark', utf8('\ufeff<body>')],
    ['SVG', utf8('<svg xmlns="http://www.w3.org/2000/svg">')],
    ['XML', utf8('<?xml version="1.0"?><a/>')],
    ['PHP', utf8('<?php echo 1;')],
    ['RTF', utf8('{\\rtf1 hello}')],
    ['PostScript', utf8('%!PS-Adobe-3.0')],
    ['a PDF without a version', utf8('%PDF-\u0000')],
    ['a PDF after binary', Uint8Array.from([0xff, ...utf8('%PDF-1.7')])],
    ['ZIP', bytes(0x50, 0x4b, 3, 4, 20, 0, 0, 0)],
    ['PNG', bytes(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)],
    ['UTF-16 LE', bytes(0xff, 0xfe, 0x23, 0, 0x20, 0)],
    ['UTF-16 BE without a mark', bytes(0, 0x23, 0, 0x20)],
    ['HTML after a long comment', utf8(`<!--${'ü > '.repeat(200_000)}--><html>`)],
    ['NUL far down', utf8(`${'x'.repeat(600_000)}\u0000`)],
    ['latin1', bytes(0x47, 0x72, 0xfc, 0xdf, 0x65)],
    ['half a character at the end', bytes(0x61, 0xc3)],
    ['NUL', utf8('a\u0000b')],
    ['ESC', utf8('a\u001b[31mb')],
    ['a C1 control', utf8('a\u0085b')],
  ])('is neither: %s', (_, content) => {
    expect(typeOf(content)).toBeNull();
  });

  it('says Markdown of nothing but well-formed text without controls', () => {
    let tried = 0;
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.string({ unit: 'binary' }).map(utf8)), (content) => {
        tried++;
        const text = new TextDecoder('utf-8', { ignoreBOM: true, fatal: false }).decode(content);
        const isText = !text.includes('\ufffd') && ![...text].some((c) => /\p{Cc}/u.test(c) && !'\t\n\r'.includes(c));
        if (typeOf(content) === 'text/markdown')
          expect([isText, content.length > 0 || text === '']).toEqual([true, true]);
        else if (isText) expect(text.trimStart()).toMatch(/^[<{%]/);
      }),
      { seed: SEED, numRuns: 5000 },
    );
    console.log(`contents: tried ${tried}, failed 0 (seed ${SEED})`);
  });

  it('takes time in proportion to the file', () => {
    const content = utf8('<!-- -->'.repeat(1_300_000));
    expect(typeOf(content)).toBe('text/markdown');
    expect(typeOf(utf8(`${' '.repeat(10_000_000)}<html>`))).toBeNull();
  });
});

describe('declared type', () => {
  it.each([
    ['application/pdf', 'application/pdf'],
    ['Application/PDF; x=y', 'application/pdf'],
    ['text/markdown', 'text/markdown'],
    ['text/markdown; charset=UTF-8', 'text/markdown'],
    ['text/markdown;variant=CommonMark; charset="utf-8"', 'text/markdown'],
    ['text/markdown; charset=latin1', null],
    ['text/markdown; charset=utf-16', null],
    ['text/markdownx', null],
    ['text/plain', null],
    ['text/html', null],
    ['application/octet-stream', null],
    ['', null],
  ])('of %j is %j', (header, type) => {
    expect(declaredType(header)).toBe(type);
  });
});
