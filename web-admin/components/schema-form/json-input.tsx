import { Textarea } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

interface JsonInputProps {
  label: string;
  required?: boolean;
  error?: string;
  value: unknown;
  onChange: (value: unknown) => void;
}

/** For what no form is known of. */
export function JsonInput({ value, onChange, error, ...rest }: JsonInputProps) {
  const { t } = useTranslation('forms');
  const [text, setText] = useState(() => (value === undefined ? '' : JSON.stringify(value, null, 2)));
  const [broken, setBroken] = useState(false);
  const change = (next: string) => {
    setText(next);
    try {
      const read: unknown = next.trim() === '' ? undefined : JSON.parse(next);
      setBroken(false);
      onChange(read);
    } catch {
      setBroken(true);
      onChange(undefined);
    }
  };
  return (
    <Textarea
      {...rest}
      description={t('jsonHint')}
      error={broken ? t('problem.json') : error}
      autosize
      minRows={3}
      spellCheck={false}
      classNames={{ input: 'ltr' }}
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}
