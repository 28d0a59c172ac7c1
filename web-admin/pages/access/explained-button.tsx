import { Button, type ButtonProps, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Route } from '../../api/call.ts';
import { GuardedButton } from '../../components/guarded.tsx';

interface ExplainedButtonProps extends ButtonProps {
  route: Route;
  /** Why it is no use here, whoever asks. */
  refused?: string | undefined;
  onClick: () => void;
  children: ReactNode;
}

/** A `GuardedButton` that some rule stands against besides: it says which, and can be reached to say so. */
export function ExplainedButton({ route, refused, onClick, ...rest }: ExplainedButtonProps) {
  if (!refused) return <GuardedButton {...rest} route={route} onClick={onClick} />;
  return (
    <Tooltip label={refused} multiline maw={320}>
      <Button
        {...rest}
        data-disabled
        aria-disabled
        onClick={(event) => event.preventDefault()}
        data-refused={refused}
      />
    </Tooltip>
  );
}
