import { ActionIcon } from '@mantine/core';
import { IconColumns } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';

const load = () => import('./columns-menu.tsx');
const ColumnsMenu = lazy(async () => ({ default: (await load()).ColumnsMenu }));

export interface ColumnChoice {
  label: string;
  columns: { id: string; header: string }[];
  shown: Record<string, boolean>;
  onToggle: (id: string, on: boolean) => void;
  onReset: () => void;
}

/** Which columns a table shows; what it opens is fetched when somebody is about to open it. */
export function ColumnsButton(choice: ColumnChoice) {
  const [asked, setAsked] = useState(false);
  const button = (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={choice.label}
      aria-haspopup="dialog"
      onPointerEnter={() => void load()}
      onFocus={() => void load()}
      onClick={() => setAsked(true)}
    >
      <IconColumns size={18} aria-hidden />
    </ActionIcon>
  );
  return asked ? (
    <Suspense fallback={button}>
      <ColumnsMenu {...choice} />
    </Suspense>
  ) : (
    button
  );
}
