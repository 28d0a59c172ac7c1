import { ActionIcon, CopyButton, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy, IconFilterMinus, IconFilterPlus } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './audit.module.css';
import { VOCABULARY } from './query/vocabulary.ts';
import type { Query } from './use-asked.ts';

interface FactProps {
  label: string;
  /** As a query and the clipboard have it. */
  value: string;
  /** As it is shown, where that is something else. */
  children?: ReactNode;
  /** The qualifier it can be asked for with. */
  name?: string;
  /** Where a term is put; without it, the value can be copied only. */
  query?: Pick<Query, 'view' | 'pick'> | undefined;
}

function Tool({ label, onClick, children }: { label: string; onClick: () => void; children: ReactNode }) {
  return (
    <Tooltip label={label} multiline maw={320}>
      <ActionIcon variant="subtle" color="gray" size={26} aria-label={label} onClick={onClick}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

/** One value of a record, and what can be done with it: ask for it, leave it out, copy it. */
export function Fact({ label, value, children, name, query }: FactProps) {
  const { t } = useTranslation('audit');
  const { t: shell } = useTranslation();
  if (value === '') return null;
  const qualifier = name && query ? VOCABULARY[query.view][name] : undefined;
  const pick = (negated: boolean) => name && query?.pick({ name, value, negated });
  return (
    <>
      <dt>{label}</dt>
      <dd>
        <span>{children ?? <code>{value}</code>}</span>
        {qualifier && (
          <Tool label={t('record.include', { field: label, value })} onClick={() => pick(false)}>
            <IconFilterPlus size={16} aria-hidden />
          </Tool>
        )}
        {qualifier?.negatable && (
          <Tool label={t('record.exclude', { field: label, value })} onClick={() => pick(true)}>
            <IconFilterMinus size={16} aria-hidden />
          </Tool>
        )}
        <CopyButton value={value}>
          {({ copied, copy }) => (
            <Tool label={copied ? shell('copied') : `${shell('copy')}: ${label}`} onClick={copy}>
              {copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
            </Tool>
          )}
        </CopyButton>
      </dd>
    </>
  );
}

export const Facts = ({ children }: { children: ReactNode }) => <dl className={classes.facts}>{children}</dl>;
