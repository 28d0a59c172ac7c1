import { useHotkeys } from '@mantine/hooks';
import { type KeyboardEvent, type RefObject, useEffect, useMemo, useRef, useState } from 'react';

interface RowKeys<Row> {
  items: readonly Row[];
  rowId: (row: Row) => string;
  onOpen: ((row: Row) => void) | undefined;
  /** The row that is open somewhere beside. */
  openId: string | undefined;
  /** Has the rows that are drawn, each with its place as `data-index`. */
  root: RefObject<HTMLElement | null>;
  scrollTo: (index: number, align?: 'auto') => void;
}

/** Going from row to row by keys, in a list of which only a part is drawn; the row gone to is the same when others come in above it. */
export function useRowKeys<Row>({ items, rowId, onOpen, openId, root, scrollTo }: RowKeys<Row>) {
  const [activeId, setActive] = useState<string>();
  const placeOf = (id: string | undefined) => (id === undefined ? -1 : items.findIndex((item) => rowId(item) === id));
  // biome-ignore lint/correctness/useExhaustiveDependencies: how an id is read from a row does not change
  const place = useMemo(() => placeOf(activeId), [items, activeId]);
  const lastPlace = useRef(-1);
  if (place !== -1) lastPlace.current = place;
  // Where it was, when it is gone.
  const active = activeId === undefined ? -1 : Math.min(items.length - 1, lastPlace.current);
  const wantsFocus = useRef(false);
  const goTo = (index: number) => {
    const next = Math.max(0, Math.min(items.length - 1, index));
    const row = items[next];
    if (!row) return;
    wantsFocus.current = true;
    setActive(rowId(row));
    scrollTo(next);
  };
  useEffect(() => {
    if (!wantsFocus.current) return;
    const row = root.current?.querySelector<HTMLElement>(`[data-index="${active}"]`);
    if (!row) return;
    row.focus({ preventScroll: true });
    wantsFocus.current = false;
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: when another row is opened, not when rows come in above it
  useEffect(() => {
    // Beside the list it may go on to rows that are not in the window.
    const index = placeOf(openId);
    if (index === -1) return;
    setActive(openId);
    scrollTo(index, 'auto');
  }, [openId]);
  useHotkeys([
    ['J', () => goTo(active + 1)],
    ['K', () => goTo(active - 1)],
  ]);
  const onKeys = (event: KeyboardEvent, index: number) => {
    const row = items[index];
    if (event.target !== event.currentTarget) return;
    if (event.key === 'Enter' && row) onOpen?.(row);
    else if (event.key === 'ArrowDown') goTo(index + 1);
    else if (event.key === 'ArrowUp') goTo(index - 1);
    else if (event.key === 'Home') goTo(0);
    else if (event.key === 'End') goTo(items.length - 1);
    else return;
    event.preventDefault();
  };
  return { active, setActive, onKeys };
}
