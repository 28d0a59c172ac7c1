import { Button, Tooltip } from '@mantine/core';
import type { ComponentProps } from 'react';
import { GuardedButton } from '../../components/guarded.tsx';

type RowButtonProps = ComponentProps<typeof GuardedButton> & {
  /** Says of which row it is. */
  label: string;
  /** Why it cannot be done now: it stays where it is, can be reached, and says so. */
  why?: string | undefined;
};

/** A button in a row. */
export function RowButton({ label, why, ...rest }: RowButtonProps) {
  const looks = { size: 'compact-sm', variant: 'subtle', flex: 'none', 'aria-label': label } as const;
  if (why === undefined) return <GuardedButton {...rest} {...looks} />;
  return (
    <Tooltip label={why} multiline maw={320} events={{ hover: true, focus: true, touch: true }}>
      <Button {...looks} type="button" data-disabled aria-disabled onClick={(event) => event.preventDefault()}>
        {rest.children}
      </Button>
    </Tooltip>
  );
}
