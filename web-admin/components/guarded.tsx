import { Button, type ButtonProps } from '@mantine/core';
import { lazy, type MouseEvent, type ReactNode, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import type { Route } from '../api/call.ts';
import { useVerdict, type Verdict } from '../api/use-me.ts';

const Tooltip = lazy(async () => ({ default: (await import('./tip.tsx')).Tip }));

/** The sentence that names what is missing, or undefined when nothing is. */
export function useMissing(): (verdict: Verdict) => string | undefined {
  const { t } = useTranslation();
  return (verdict) => (verdict.allowed ? undefined : t('needsPermission', { permissions: verdict.missing.join(', ') }));
}

interface Guard {
  /** What it will call. */
  route: Route;
  /** The service it is about, if it is about one. */
  serviceId?: string | undefined;
}

type GuardedButtonProps = Guard &
  ButtonProps & {
    onClick?: (event: MouseEvent<HTMLButtonElement>) => void;
    children: ReactNode;
    type?: 'button' | 'submit';
    form?: string;
  };

/**
 * A button that does not begin what the server would refuse: it stays where it is, can be reached by keyboard, and says which permission
 * is missing.
 */
export function GuardedButton({ route, serviceId, onClick, ...rest }: GuardedButtonProps) {
  const missing = useMissing()(useVerdict()(route, serviceId));
  if (missing === undefined) return <Button {...rest} onClick={onClick} />;
  const button = (
    <Button
      {...rest}
      type="button"
      data-disabled
      aria-disabled
      onClick={(event) => event.preventDefault()}
      data-missing={missing}
    />
  );
  return (
    <Suspense fallback={button}>
      <Tooltip label={missing}>{button}</Tooltip>
    </Suspense>
  );
}

/** For what is no button: tells its child whether it may, and why not. */
export function Guarded({
  route,
  serviceId,
  children,
}: Guard & { children: (missing: string | undefined) => ReactNode }) {
  return children(useMissing()(useVerdict()(route, serviceId)));
}
