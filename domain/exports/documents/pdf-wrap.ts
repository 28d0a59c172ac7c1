import type { Glyph } from './pdf-typeset.ts';

/** A line this much filled may end at a good place; an emptier one is filled up instead. */
const FILLED = 0.25;

export const widthOf = (glyphs: readonly Glyph[]) => glyphs.reduce((sum, { width }) => sum + width, 0);

/**
 * Cuts lines to `width` (of the font's size), where a break reads well if there is such a place, anywhere otherwise. Every glyph
 * is in the result, in order; a space at a break hangs over the margin.
 */
export function wrap(lines: readonly Glyph[][], width: number): Glyph[][] {
  return lines.flatMap((line) => wrapLine(line, width));
}

function wrapLine(line: Glyph[], width: number): Glyph[][] {
  const wrapped: Glyph[][] = [];
  let start = 0;
  let used = 0;
  // Behind the last good place, and what the line is wide up to there.
  let cut = 0;
  let cutWidth = 0;
  for (let at = 0; at < line.length; at++) {
    const glyph = line[at] as Glyph;
    if (used + glyph.width > width && at > start && !glyph.space) {
      const end = cutWidth >= width * FILLED ? cut : at;
      wrapped.push(line.slice(start, end));
      used = end === cut ? used - cutWidth : 0;
      start = end;
      cut = end;
      cutWidth = 0;
    }
    used += glyph.width;
    if (!glyph.breakAfter) continue;
    cut = at + 1;
    cutWidth = used;
  }
  wrapped.push(start === 0 ? line : line.slice(start));
  return wrapped;
}
