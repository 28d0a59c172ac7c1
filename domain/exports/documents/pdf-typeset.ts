/// <reference path="./pdfkit.d.ts" />
import type PDFDocument from 'pdfkit';
import type { EmbeddedFont } from 'pdfkit';
import type { Cell } from './document.ts';
import { breaksAfter, codePointName, type Face, FONT_FILES, type FontSource, facesFor } from './fonts.ts';

/** One character as it is drawn. One object a character and font: they are compared and counted, never changed. */
export interface Glyph {
  font: EmbeddedFont;
  hex: string;
  /** Of the font's size. */
  width: number;
  breakAfter: boolean;
  /** A space: at the end of a line it may stand beyond the margin. */
  space: boolean;
  /** Part of the notation for a character that no font draws. */
  marked: boolean;
}

export interface Typesetter {
  /** Reads the fonts that the texts of these rows need. Must come before `glyphs` of them. */
  prepare(batch: readonly Cell[][]): Promise<void>;
  /** One array a line: texts are cut at their line breaks, and nowhere else. */
  glyphs(text: string, face?: 'plain' | 'bold'): Glyph[][];
  /** Every font in use, for a page's resources. */
  fonts(): EmbeddedFont[];
}

const NOT_ASCII = /[^\n -~]/;
const LINE_BREAK = /\r\n|\r|\n/;

export async function openTypesetter(doc: PDFDocument, source: FontSource): Promise<Typesetter> {
  const faces = new Map<Face, EmbeddedFont>();
  const known = new Map<number, Glyph | null>();

  async function open(face: Face): Promise<EmbeddedFont> {
    const opened = faces.get(face);
    if (opened) return opened;
    const bytes = new Uint8Array(await source.read(FONT_FILES[face]));
    const font = doc.font(bytes)._font;
    faces.set(face, font);
    return font;
  }

  /** Finds the character a font; null in `known` when none has it. */
  async function learn(code: number): Promise<void> {
    const character = String.fromCodePoint(code);
    for (const face of facesFor(character)) {
      const font = await open(face);
      if (!font.font.hasGlyphForCodePoint(code)) continue;
      known.set(code, glyphOf(font, character));
      return;
    }
    known.set(code, null);
  }

  const plain = asciiGlyphs(await open('plain'));
  const bold = asciiGlyphs(await open('bold'));
  const marked = plain.map((glyph) => ({ ...glyph, marked: true }));

  const lineGlyphs = (line: string, ascii: readonly Glyph[]) => drawn(line, ascii, known, marked);

  return {
    async prepare(batch) {
      for (const code of unknownCodes(batch, known)) await learn(code);
    },
    glyphs(text, face = 'plain') {
      const ascii = face === 'bold' ? bold : plain;
      if (!NOT_ASCII.test(text) && !text.includes('\n')) return [lineGlyphs(text, ascii)];
      return text
        .normalize('NFC')
        .split(LINE_BREAK)
        .map((line) => lineGlyphs(line, ascii));
    },
    fonts: () => [...faces.values()],
  };
}

const FIRST = 0x20;
const LAST = 0x7e;

/** The glyphs of a text without line breaks; characters that are not known, or by none of the fonts, by their numbers. */
function drawn(
  line: string,
  ascii: readonly Glyph[],
  known: ReadonlyMap<number, Glyph | null>,
  marked: readonly Glyph[],
): Glyph[] {
  const glyphs: Glyph[] = [];
  let missing = false;
  for (let at = 0; at < line.length; at++) {
    const simple = ascii[line.charCodeAt(at) - FIRST];
    const code = simple ? 0 : (line.codePointAt(at) ?? 0);
    if (code > 0xffff) at++;
    const glyph = simple ?? known.get(code);
    if (missing && glyph) pushAscii(glyphs, ']', marked);
    if (glyph) glyphs.push(glyph);
    else pushAscii(glyphs, `${missing ? ' ' : '['}${codePointName(code)}`, marked);
    missing = !glyph;
  }
  if (missing) pushAscii(glyphs, ']', marked);
  return glyphs;
}

/** First of all: where a font uses one glyph for several characters, the text found in the file is the first one's. */
function asciiGlyphs(font: EmbeddedFont): Glyph[] {
  return Array.from({ length: LAST - FIRST + 1 }, (_, i) => glyphOf(font, String.fromCharCode(FIRST + i)));
}

/** Else fonts draw some letters by two glyphs, put together by positions that are not kept here. */
const UNSHAPED = { ccmp: false, locl: false, calt: false, liga: false };

function glyphOf(font: EmbeddedFont, character: string): Glyph {
  const [glyphs, positions] = font.encode(character, UNSHAPED);
  return {
    font,
    hex: glyphs.join(''),
    width: positions.reduce((sum, { xAdvance }) => sum + xAdvance, 0) / 1000,
    breakAfter: breaksAfter(character),
    space: /\p{Zs}/u.test(character),
    marked: false,
  };
}

function pushAscii(glyphs: Glyph[], text: string, ascii: readonly Glyph[]): void {
  for (let at = 0; at < text.length; at++) {
    const glyph = ascii[text.charCodeAt(at) - FIRST];
    if (glyph) glyphs.push(glyph);
  }
}

function unknownCodes(batch: readonly Cell[][], known: ReadonlyMap<number, unknown>): Set<number> {
  const unknown = new Set<number>();
  for (const row of batch) {
    for (const cell of row) {
      if (typeof cell !== 'string' || !NOT_ASCII.test(cell)) continue;
      for (const character of cell.normalize('NFC')) {
        const code = character.codePointAt(0) ?? 0;
        if (code > LAST && !known.has(code)) unknown.add(code);
      }
    }
  }
  return unknown;
}
