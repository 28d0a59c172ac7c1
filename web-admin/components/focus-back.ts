import { useEffect } from 'react';

/** What had the focus before the first of the dialogs that followed one another. */
let outside: HTMLElement | null = null;

/**
 * For a dialog that is there only while it is open: afterwards the focus is where it was before. Mantine's `returnFocus` notices a dialog
 * that opens, but not one that begins as an open one.
 */
export function useFocusBack(): void {
  useEffect(() => {
    const from = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    if (from && from !== document.body && !from.closest('[role="dialog"]')) outside = from;
    return () => {
      requestAnimationFrame(() => {
        // Something else may have taken it: the next dialog, or the page that was gone to.
        if (document.activeElement !== document.body) return;
        const target = from?.isConnected && from !== document.body ? from : outside;
        if (target?.isConnected) target.focus({ preventScroll: true });
      });
    };
  }, []);
}
