import { lazy, Suspense, useEffect, useState } from 'react';

const load = () => import('./toast-corner.tsx');
const Corner = lazy(async () => ({ default: (await load()).Corner }));
const target = new EventTarget();

/** The corner is fetched with the first thing it has to say. */
export function corner(): ReturnType<typeof load> {
  target.dispatchEvent(new Event('wanted'));
  return load();
}

/** Where toasts are shown; there is one of it. */
export function ToastPlace() {
  const [wanted, setWanted] = useState(false);
  useEffect(() => {
    const want = () => setWanted(true);
    target.addEventListener('wanted', want);
    return () => target.removeEventListener('wanted', want);
  }, []);
  return <Suspense fallback={null}>{wanted && <Corner />}</Suspense>;
}
