/** What opens over any page, from a key or a button wherever it is. */
type Overlay = 'palette' | 'keys';

const target = new EventTarget();
const open = (overlay: Overlay) => target.dispatchEvent(new Event(overlay));

export const openPalette = (): void => void open('palette');
export const openKeys = (): void => void open('keys');

export function onOpen(overlay: Overlay, listener: () => void): () => void {
  target.addEventListener(overlay, listener);
  return () => target.removeEventListener(overlay, listener);
}
