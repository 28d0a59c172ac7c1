import type PDFDocument from 'pdfkit';
import type { Reference } from 'pdfkit';
import type { Glyph, Typesetter } from './pdf-typeset.ts';
import { widthOf } from './pdf-wrap.ts';

/** A4 landscape, in points from the upper left corner. */
export const PAGE = { width: 841.89, height: 595.28, margin: 28, bottom: 558, footer: 574 } as const;
export const LEFT = PAGE.margin;
export const RIGHT = PAGE.width - PAGE.margin;
export const CONTENT = RIGHT - LEFT;

const TOTAL = 'PageTotal';
const TOTAL_DIGITS = 5;
const FOOTER_SIZE = 6.5;
const BLACK = '0 0 0 rg';
const RED = '0.7 0 0.1 rg';

export interface Pages {
  /** Ends the page, if there is one, and begins the next. */
  begin(): void;
  /** `y` is the base line. */
  draw(glyphs: readonly Glyph[], x: number, y: number, size: number): void;
  rule(y: number, grey: number): void;
  /** Ends the last page and the document. */
  end(): void;
}

const points = (value: number) => String(Math.round(value * 10) / 10);

/**
 * Pages go out as they are filled. How many there are is known only at the end, so "of y" is one small drawing that all pages
 * refer to and that is written last.
 */
export function openPages(doc: PDFDocument, typesetter: Typesetter, footer: string): Pages {
  const total: Reference = doc.ref({ Type: 'XObject', Subtype: 'Form', FormType: 1, BBox: [0, -3, 60, 9] });
  const [footerGlyphs = []] = typesetter.glyphs(footer);
  const [digit = []] = typesetter.glyphs('0');
  const totalX = RIGHT - widthOf(digit) * TOTAL_DIGITS * FOOTER_SIZE;
  let count = 0;
  let text = '';
  let rules = '';
  let state = '';

  /** Operators that draw one line, changing font and colour only where they change. */
  function show(glyphs: readonly Glyph[], size: number): string {
    let operators = '';
    for (let at = 0; at < glyphs.length; ) {
      const { font, marked } = glyphs[at] as Glyph;
      let hex = '';
      for (let next = glyphs[at]; next?.font === font && next.marked === marked; next = glyphs[++at]) hex += next.hex;
      const wanted = `/${font.id} ${size} Tf ${marked ? RED : BLACK} `;
      if (wanted !== state) operators += wanted;
      state = wanted;
      operators += `<${hex}>Tj `;
    }
    return operators;
  }

  function draw(glyphs: readonly Glyph[], x: number, y: number, size: number): void {
    if (!glyphs.length) return;
    // The page's y grows downwards; letters must not stand on their heads.
    text += `1 0 0 -1 ${points(x)} ${points(y)} Tm ${show(glyphs, size)}\n`;
  }

  function close(): void {
    draw(footerGlyphs, LEFT, PAGE.footer, FOOTER_SIZE);
    const [page = []] = typesetter.glyphs(`Page ${count} of`);
    draw(page, totalX - widthOf(page) * FOOTER_SIZE, PAGE.footer, FOOTER_SIZE);
    const place = `q 1 0 0 -1 ${points(totalX)} ${PAGE.footer} cm /${TOTAL} Do Q`;
    doc.addContent(`${rules}BT\n${text}ET\n${place}`);
    for (const font of typesetter.fonts()) doc.page.fonts[font.id] = font.ref();
    doc.page.xobjects[TOTAL] = total;
    text = '';
    rules = '';
    state = '';
  }

  return {
    begin() {
      if (count) close();
      doc.addPage();
      count++;
    },
    draw,
    rule(y, grey) {
      rules += `${grey} G 0.4 w ${points(LEFT)} ${points(y)} m ${points(RIGHT)} ${points(y)} l S\n`;
    },
    end() {
      close();
      const [glyphs = []] = typesetter.glyphs(` ${count}`);
      const fonts = typesetter.fonts().map((font) => [font.id, font.ref()]);
      total.data.Resources = { Font: Object.fromEntries(fonts) };
      total.end(`BT ${show(glyphs, FOOTER_SIZE)}ET`);
      doc.end();
    },
  };
}
