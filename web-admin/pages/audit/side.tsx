import { Drawer } from '@mantine/core';
import type { KeyboardEvent, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

interface SideProps {
  title: ReactNode;
  onClose: () => void;
  /** To the next or the previous one of the list: j and k. */
  onMove?: (by: 1 | -1) => void;
  children: ReactNode;
}

/** Back to the row that was shown last, which need not be the one that was opened; without one, to the list itself. */
function focusList(): void {
  const grid = document.querySelector<HTMLElement>('[role="grid"]');
  const row = grid?.querySelector<HTMLElement>('[role="row"][aria-selected="true"]');
  const target = row ?? grid?.parentElement;
  // When the drawer has given the focus up.
  requestAnimationFrame(() => target?.focus({ preventScroll: true }));
}

/** A drawer beside a list. */
export function Side({ title, onClose, onMove, children }: SideProps) {
  const { t: shell } = useTranslation();
  const onKeys = (event: KeyboardEvent) => {
    const typing = (event.target as HTMLElement).closest('input,textarea,select');
    const by = event.key === 'j' ? 1 : event.key === 'k' ? -1 : null;
    if (by === null || typing || event.metaKey || event.ctrlKey || event.altKey) return;
    // The list listens to the same keys.
    event.stopPropagation();
    event.preventDefault();
    // What has the focus may go with the record it belongs to.
    event.currentTarget.querySelector<HTMLElement>('[role="dialog"]')?.focus();
    onMove?.(by);
  };
  return (
    <Drawer
      opened
      onClose={() => {
        focusList();
        onClose();
      }}
      position="right"
      size="min(680px, 100vw)"
      title={title}
      returnFocus={false}
      transitionProps={{ duration: 0 }}
      overlayProps={{ backgroundOpacity: 0.15 }}
      closeButtonProps={{ 'aria-label': shell('close') }}
      onKeyDown={onKeys}
    >
      {children}
    </Drawer>
  );
}
