import { VisuallyHidden } from '@mantine/core';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './audit.module.css';
import { stateLines } from './state-lines.ts';

const SIGNS = { same: ' ', added: '+', removed: '−' } as const;

/** Both states in one, as a diff of source code is read. */
export default function WholeStates({ before, after }: { before: unknown; after: unknown }) {
  const { t } = useTranslation('audit');
  const lines = useMemo(() => stateLines(before, after), [before, after]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className={`${classes.lines} ltr`} aria-label={t('record.wholeTitle')} tabIndex={0}>
      {lines.map(({ kind, depth, text }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines never change their places
        <div key={index} className={classes.line} data-kind={kind}>
          <span aria-hidden>{SIGNS[kind]} </span>
          {kind !== 'same' && <VisuallyHidden>{t(`record.kind.${kind}`)}: </VisuallyHidden>}
          {' '.repeat(depth * 2)}
          {text}
        </div>
      ))}
    </section>
  );
}
