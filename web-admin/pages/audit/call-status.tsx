import { Badge } from '@mantine/core';

/** Mantine's darkest orange is too light behind white (WCAG 2.2, SC 1.4.3). */
const ORANGE = '#b53a05';

const colourOf = (status: number) => (status >= 500 ? 'red.9' : status >= 400 ? ORANGE : 'gray.7');

/** The status of an answer; the number says it, the colour repeats it. */
export const Status = ({ status }: { status: number }) => (
  <Badge variant="filled" color={colourOf(status)} size="md" radius="sm">
    {status}
  </Badge>
);
