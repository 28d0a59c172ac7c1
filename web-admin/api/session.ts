/** What is known of the browser's session: whoever draws the page listens, whoever calls waits. */
type Listener = (ended: boolean) => void;

/** The page that the window of a new sign-in ends on; it says so here and closes itself. */
export const SIGNED_IN_PATH = '/signed-in';
const CHANNEL = 'steward-session';

let waiting: { promise: Promise<boolean>; settle(again: boolean): void } | null = null;
/** Before anybody is known there is no work to keep: the page itself goes to sign in. */
let known = false;
const listeners = new Set<Listener>();

export const sessionIsKnown = (): void => {
  known = true;
};

export function onSessionEnd(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Resolves once somebody has signed in again: true, or false when there was no session to go on with. */
export function signedInAgain(): Promise<boolean> {
  if (!known) return Promise.resolve(false);
  if (!waiting) {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    waiting = { promise, settle: resolve };
    for (const listener of listeners) listener(true);
  }
  return waiting.promise;
}

function settle(again: boolean): void {
  const { settle: done } = waiting ?? {};
  waiting = null;
  for (const listener of listeners) listener(false);
  done?.(again);
}

export const giveUpSession = (): void => settle(false);

/** In the window of the new sign-in: tells every page of this browser. */
export function tellSignedIn(): void {
  new BroadcastChannel(CHANNEL).postMessage('signed-in');
}

/** In every page. */
export function listenForSignIn(): void {
  new BroadcastChannel(CHANNEL).addEventListener('message', () => settle(true));
}

const SIGNED_OUT = 'steward-signed-out';

/** Whoever signed out by hand is not sent straight back to the issuer, which may still know them. */
export const signedOutByHand = {
  note: (): void => sessionStorage.setItem(SIGNED_OUT, '1'),
  is: (): boolean => sessionStorage.getItem(SIGNED_OUT) !== null,
  forget: (): void => sessionStorage.removeItem(SIGNED_OUT),
};

export const loginAddress = (returnTo: string): string => `/auth/login?returnTo=${encodeURIComponent(returnTo)}`;
