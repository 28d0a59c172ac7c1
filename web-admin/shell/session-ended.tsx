import { lazy, Suspense, useEffect, useState } from 'react';
import { onSessionEnd } from '../api/session.ts';

const Dialog = lazy(() => import('./session-ended-dialog.tsx'));

/** Over whatever is being done: nothing of the page is lost, and what was sent goes out once more after signing in. */
export function SessionEnded() {
  const [ended, setEnded] = useState(false);
  useEffect(() => onSessionEnd(setEnded), []);
  return <Suspense fallback={null}>{ended && <Dialog />}</Suspense>;
}
