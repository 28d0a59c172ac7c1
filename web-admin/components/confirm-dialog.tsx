import { Button, Group, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Confirmed, Question } from './confirm.tsx';

interface Asked {
  question: Question;
  settle: (answer: Confirmed | null) => void;
}

function Form({ question, settle }: Asked) {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const ready =
    (question.typed === undefined || typed.trim() === question.typed) &&
    (question.reason !== 'required' || reason.trim() !== '');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready) settle({ reason: reason.trim() });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm" component="div">
          {question.body}
        </Text>
        {question.reason && (
          <Textarea
            label={t('confirm.reason')}
            description={t('confirm.reasonHint')}
            required={question.reason === 'required'}
            maxLength={1000}
            autosize
            minRows={2}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            data-autofocus
          />
        )}
        {question.typed !== undefined && (
          <TextInput
            label={t('confirm.typed', { text: question.typed })}
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => settle(null)}>
            {t('cancel')}
          </Button>
          <Button type="submit" color={question.danger ? 'red.9' : 'steward'} disabled={!ready}>
            {question.confirm}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

export default function ConfirmDialog({ question, settle }: Asked) {
  const { t } = useTranslation();
  return (
    <Modal opened onClose={() => settle(null)} title={question.title} closeButtonProps={{ 'aria-label': t('close') }}>
      <Form question={question} settle={settle} />
    </Modal>
  );
}
