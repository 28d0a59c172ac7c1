import type { DocumentColumn } from './document.ts';

type Kind = DocumentColumn['kind'];

/** Characters: what a column needs to be legible, and what it needs to show most values in one line. */
const WIDTHS: Record<Exclude<Kind, 'json' | 'list'>, [least: number, natural: number]> = {
  uuid: [14, 37],
  time: [13, 25],
  text: [12, 26],
  word: [9, 18],
  integer: [7, 12],
  boolean: [5, 7],
  address: [13, 18],
};
/** Points between two columns. */
const GAP = 4;

export interface TableColumn extends DocumentColumn {
  /** Position in a row's cells. */
  index: number;
  /** Points from the left margin. */
  x: number;
  width: number;
}

export interface Table {
  /** Side by side. */
  columns: TableColumn[];
  /** Too long for a column: below, over the whole width. */
  details: (DocumentColumn & { index: number })[];
}

/** Divides `width` points among the columns. `character` is the width of a digit in points. */
export function layTable(all: readonly DocumentColumn[], width: number, character: number): Table {
  const numbered = all.map((column, index) => ({ ...column, index }));
  const details = numbered.filter(({ kind }) => kind === 'json' || kind === 'list');
  const beside = numbered.filter(({ kind }) => kind !== 'json' && kind !== 'list');
  const wishes = beside.map(({ kind }) => WIDTHS[kind as keyof typeof WIDTHS]);
  const room = (width - GAP * Math.max(0, beside.length - 1)) / character;
  const least = wishes.reduce((sum, [few]) => sum + few, 0);
  const more = wishes.reduce((sum, [few, many]) => sum + many - few, 0);
  // Between the least and the natural width all grow alike; beyond either bound they shrink or stretch in proportion.
  const growth = Math.min(1, Math.max(0, (room - least) / (more || 1)));
  const taken = least + more * growth;
  const scale = room / (taken || 1);
  let x = 0;
  const columns = beside.map((column, i) => {
    const [few, many] = wishes[i] as [number, number];
    const own = { ...column, x, width: (few + (many - few) * growth) * scale * character };
    x += own.width + GAP;
    return own;
  });
  return { columns, details };
}
