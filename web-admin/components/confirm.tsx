import { createContext, lazy, type ReactNode, Suspense, useCallback, useContext, useState } from 'react';

const Dialog = lazy(() => import('./confirm-dialog.tsx'));

export interface Question {
  title: string;
  body: ReactNode;
  confirm: string;
  danger?: boolean;
  /** What has to be typed before it can be confirmed. */
  typed?: string;
  /** Asks for a reason: it may stay empty, or not. */
  reason?: 'optional' | 'required';
}

export interface Confirmed {
  reason: string;
}

type Ask = (question: Question) => Promise<Confirmed | null>;
const Context = createContext<Ask>(() => Promise.resolve(null));

/** Asks before something that is not easily put back; null when it was called off. */
export const useConfirm = (): Ask => useContext(Context);

export function ConfirmProvider({ children }: { children: ReactNode }) {
  const [asked, setAsked] = useState<{ question: Question; resolve: (answer: Confirmed | null) => void } | null>(null);
  const ask = useCallback<Ask>((question) => new Promise((resolve) => setAsked({ question, resolve })), []);
  const settle = (answer: Confirmed | null) => {
    asked?.resolve(answer);
    setAsked(null);
  };
  return (
    <Context value={ask}>
      {children}
      <Suspense fallback={null}>{asked && <Dialog question={asked.question} settle={settle} />}</Suspense>
    </Context>
  );
}
