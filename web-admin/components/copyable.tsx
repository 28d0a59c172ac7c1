import { Code, CopyButton as MantineCopy, Tooltip, UnstyledButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';

export { CopyButton } from './copy-button.tsx';

/** An id or an address as it is; a click copies it. `shown` is a shorter form of it. */
export function Copyable({ value, shown = value }: { value: string; shown?: string }) {
  const { t } = useTranslation();
  return (
    <MantineCopy value={value}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? t('copied') : value} multiline maw={420}>
          <UnstyledButton
            onClick={(event) => {
              event.stopPropagation();
              copy();
            }}
            // What is seen is part of what is heard (SC 2.5.3), also where it is a shorter form.
            aria-label={shown === value ? `${t('copy')}: ${value}` : `${t('copy')}: ${shown} (${value})`}
          >
            <Code className="ltr">{shown}</Code>
          </UnstyledButton>
        </Tooltip>
      )}
    </MantineCopy>
  );
}

/** The last part of a UUID: what tells two of the same second apart. */
export const shortId = (id: string): string => id.slice(-8);
