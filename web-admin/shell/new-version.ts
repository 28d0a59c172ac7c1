const KEY = 'steward-reloaded-at';
const ONCE_PER_MS = 60_000;

/**
 * After a deployment the pieces of the page that was open are gone. Then the page is loaded anew, at the same address; a piece that is
 * missing even so is an error like any other, not a page that reloads for ever.
 */
export function reloadOnNewVersion(): void {
  window.addEventListener('vite:preloadError', (event) => {
    const last = Number(sessionStorage.getItem(KEY) ?? 0);
    if (Date.now() - last < ONCE_PER_MS) return;
    event.preventDefault();
    sessionStorage.setItem(KEY, String(Date.now()));
    window.location.reload();
  });
}
