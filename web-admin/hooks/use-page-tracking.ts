import { useEffect, useSyncExternalStore } from 'react';
import { tellAnew } from './events.ts';

/** The event of the Navigation API, where a browser has it: it also comes of `history.pushState`. */
function onNavigation(listener: () => void): () => void {
  const { navigation } = window as { navigation?: EventTarget };
  const [target, name] = navigation ? [navigation, 'currententrychange'] : [window, 'popstate'];
  target.addEventListener(name, listener);
  return () => target.removeEventListener(name, listener);
}

/** StrictMode mounts twice, and a frame may be drawn anew: the same page is told once. */
let last = '';

/**
 * Tells each page that is looked at, by its path without the query.
 * @param path as the router has it; without one, the address's
 */
export function usePageTracking(path?: string): void {
  const address = useSyncExternalStore(onNavigation, () => window.location.pathname);
  const page = path ?? address;
  useEffect(() => {
    if (page === last) return;
    last = page;
    tellAnew('browser.page_view', { 'browser.page_view.name': page, 'url.path': page });
  }, [page]);
}
