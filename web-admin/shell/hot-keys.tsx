import { useHotkeys } from '@mantine/hooks';
import { lazy, Suspense, useEffect, useState } from 'react';
import { onOpen, openKeys, openPalette } from './overlays.ts';

const Keys = lazy(() => import('./keys-help.tsx'));
const Palette = lazy(() => import('./palette.tsx'));

/** The first search field of the page, marked so; there is at most one that is meant. */
export const SEARCH_FIELD = 'data-search-field';

function focusSearch(): void {
  const field = document.querySelector<HTMLInputElement>(`[${SEARCH_FIELD}]`);
  if (!field) openPalette();
  field?.focus();
  field?.select();
}

/** Keys that mean the same on every page; those of tables are with the tables. */
export function HotKeys() {
  const [keys, setKeys] = useState(false);
  const [palette, setPalette] = useState(false);
  useEffect(() => onOpen('keys', () => setKeys(true)), []);
  useEffect(() => onOpen('palette', () => setPalette(true)), []);
  useHotkeys([
    ['/', focusSearch],
    ['shift+?', openKeys],
    ['?', openKeys],
  ]);
  // Also while typing: it is no letter.
  useHotkeys([['mod+K', openPalette]], []);
  return (
    <Suspense fallback={null}>
      {keys && <Keys onClose={() => setKeys(false)} />}
      {palette && <Palette onClose={() => setPalette(false)} />}
    </Suspense>
  );
}
