import { type ComponentProps, type MouseEvent, type ReactNode, useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { EVERYWHERE } from '../../../domain/audit/actions.ts';
import { useFormat } from '../../i18n/format.ts';
import classes from './audit.module.css';
import type { Written } from './query/terms.ts';
import type { Outcome } from './query/vocabulary.ts';
import type { Services } from './use-services.ts';

/** The instant itself, without a tooltip: hundreds of them are drawn while a list is scrolled. */
export function Instant({ at }: { at: string }) {
  const format = useFormat();
  return <time dateTime={at}>{format.time(at)}</time>;
}

/** An outcome in words, with a sign of its own shape: colour says nothing alone. */
export function OutcomeMark({ outcome }: { outcome: string }) {
  const { t } = useTranslation('audit');
  return (
    <span className={classes.outcome} data-outcome={outcome}>
      {t(`outcome.${outcome as Outcome}`, { defaultValue: outcome })}
    </span>
  );
}

interface ValueProps {
  /** The qualifier it belongs to. */
  name: string;
  value: string;
  /** Only asking for it is possible in this list. */
  includeOnly?: boolean;
  children: ReactNode;
}

/** A value in a row that a click asks for, or leaves out; a `PickArea` around the list hears it. By keyboard, the drawer does the same. */
export function Value({ name, value, includeOnly = false, children }: ValueProps) {
  const { t } = useTranslation('audit');
  if (value === '') return null;
  return (
    <span className={classes.value}>
      <span className={classes.valueText}>{children}</span>
      <span className={classes.picks} data-name={name} data-value={value}>
        <button type="button" tabIndex={-1} className={classes.pick} aria-label={t('records.include', { value })}>
          +
        </button>
        {!includeOnly && (
          <button
            type="button"
            tabIndex={-1}
            className={classes.pick}
            data-negated
            aria-label={t('records.exclude', { value })}
          >
            −
          </button>
        )}
      </span>
    </span>
  );
}

function pickedIn({ target }: MouseEvent): Written | null {
  const button = (target as HTMLElement).closest<HTMLElement>(`.${classes.pick}`);
  const { name, value } = button?.parentElement?.dataset ?? {};
  if (!button || !name || value === undefined) return null;
  return { name, value, negated: button.dataset.negated !== undefined };
}

interface PickAreaProps extends Omit<ComponentProps<'div'>, 'onClick'> {
  onPick: (term: Written) => void;
}

/** Around a list: one ear for the small buttons of all its values. */
export function PickArea({ onPick, ...rest }: PickAreaProps) {
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the buttons inside are what is clicked; this only listens
    // biome-ignore lint/a11y/useKeyWithClickEvents: a button's click is its key's too
    <div
      {...rest}
      onClick={(event) => {
        const term = pickedIn(event);
        if (term) onPick(term);
      }}
    />
  );
}

/** The same in a column, whose heading names the zone. */
export function RowTime({ at }: { at: string }) {
  const format = useFormat();
  return <time dateTime={at}>{format.bareTime(at)}</time>;
}

/** The heading of such a column. */
export function useTimeHeading(): (label: string) => string {
  const { zoneName } = useFormat();
  return useCallback((label) => `${label} (${zoneName})`, [zoneName]);
}

/** How a service is written in a query. */
export const serviceTerm = (id: string | null, services: Services): string =>
  services.slugOf(id ?? EVERYWHERE) ?? id ?? EVERYWHERE;

export function ServiceName({ id, services }: { id: string | null; services: Services }) {
  const { t } = useTranslation('audit');
  if (id === null) return <span>{t('noService')}</span>;
  return services.nameOf(id) ?? <code>{id}</code>;
}
