/** The part of the library that is used here; it ships no types of its own. */
declare module 'pdfkit' {
  interface Reference {
    data: Record<string, unknown>;
    end(content?: string): void;
  }
  /** An embedded font: only the glyphs that were encoded go into the file. */
  interface EmbeddedFont {
    /** The name in a page's resources. */
    id: string;
    font: { hasGlyphForCodePoint(codePoint: number): boolean };
    /** `features`: OpenType features to leave out. Glyphs as four hexadecimal digits each, advances in thousandths of an em. */
    encode(text: string, features: Record<string, boolean>): [glyphs: string[], positions: { xAdvance: number }[]];
    ref(): Reference;
  }
  interface Options {
    size: [width: number, height: number];
    margin: number;
    pdfVersion: '1.7';
    autoFirstPage: boolean;
    /** null: none of the fonts that need no embedding. */
    font: null;
    displayTitle: boolean;
    info: { Title: string; Author: string; Producer: string; Creator: string; CreationDate: Date };
  }
  export default class PDFDocument {
    constructor(options: Options);
    _font: EmbeddedFont;
    page: { fonts: Record<string, Reference>; xobjects: Record<string, Reference> };
    font(source: Uint8Array): this;
    addPage(): this;
    addContent(operators: string): this;
    ref(data: Record<string, unknown>): Reference;
    on(event: 'data', listener: (bytes: Uint8Array) => void): this;
    on(event: 'end', listener: () => void): this;
    end(): void;
  }
}
