import { Kbd, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useAuditEvent } from '../hooks/index.ts';

const TYPING_MS = 250;

interface SearchFieldProps {
  label: string;
  value: string;
  /** After a moment without typing. */
  onSearch: (text: string) => void;
  /** What is searched, for `trackSearch`; the text itself is never told. */
  name: string;
}

/** The field that `/` goes to. */
export function SearchField({ label, value, onSearch, name }: SearchFieldProps) {
  const [text, setText] = useState(value);
  const { trackSearch } = useAuditEvent();
  // The address changed by itself: the way back, a cleared filter.
  useEffect(() => setText(value), [value]);
  const search = useDebouncedCallback((next: string) => {
    onSearch(next.trim());
    if (next.trim() !== '') trackSearch(name);
  }, TYPING_MS);
  return (
    <TextInput
      type="search"
      aria-label={label}
      placeholder={label}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        search(event.currentTarget.value);
      }}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={<Kbd size="xs">/</Kbd>}
      data-search-field
      maw={360}
      miw={200}
    />
  );
}
