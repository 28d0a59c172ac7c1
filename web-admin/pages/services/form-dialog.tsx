import { Button, Group, Modal, type ModalProps, Stack } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFocusBack } from '../../components/focus-back.ts';
import { ProblemAlert } from '../../components/problem-alert.tsx';

interface FormDialogProps {
  title: string;
  /** What the button says that sends it. */
  submit: string;
  onSubmit: (event?: FormEvent<HTMLFormElement>) => void;
  onClose: () => void;
  problem?: unknown;
  pending: boolean;
  size?: ModalProps['size'];
  children: ReactNode;
}

/** A form in a dialog: its fields, what the server has against them, and two buttons. */
export function FormDialog({ title, submit, onSubmit, onClose, problem, pending, size, children }: FormDialogProps) {
  useFocusBack();
  const { t } = useTranslation();
  return (
    <Modal opened onClose={onClose} title={title} size={size} closeButtonProps={{ 'aria-label': t('close') }}>
      <form onSubmit={onSubmit} noValidate>
        <Stack>
          {problem ? <ProblemAlert problem={problem} /> : null}
          {children}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('cancel')}
            </Button>
            <Button type="submit" loading={pending}>
              {submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
