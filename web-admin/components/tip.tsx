import { Tooltip } from '@mantine/core';
import type { ReactElement } from 'react';

/** A tooltip of its own chunk: what the first page needs does not wait for it. */
export const Tip = ({ label, children }: { label: string; children: ReactElement }) => (
  <Tooltip label={label} multiline maw={320} events={{ hover: true, focus: true, touch: true }}>
    {children}
  </Tooltip>
);
