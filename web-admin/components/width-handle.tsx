import { useTranslation } from 'react-i18next';
import classes from './data-table.module.css';

/** Pixels, of a column. */
const LEAST = 60;
const MOST = 900;
const STEP = 16;

interface WidthHandleProps {
  /** Of the column. */
  name: string;
  width: number;
  onDrag: (event: unknown) => void;
  onStep: (width: number) => void;
}

/** At the end of a column's heading: its width, by pointer or by the arrow keys. */
export function WidthHandle({ name, width, onDrag, onStep }: WidthHandleProps) {
  const { t } = useTranslation();
  return (
    // biome-ignore lint/a11y/useSemanticElements: a separator that can be moved, not a rule between texts
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label={t('table.resize', { column: name })}
      aria-valuenow={width}
      aria-valuemin={LEAST}
      aria-valuemax={MOST}
      tabIndex={0}
      className={classes.handle}
      onMouseDown={onDrag}
      onTouchStart={onDrag}
      onKeyDown={({ key }) => {
        const step = key === 'ArrowRight' ? STEP : key === 'ArrowLeft' ? -STEP : 0;
        if (step !== 0) onStep(Math.min(MOST, Math.max(LEAST, width + step)));
      }}
    />
  );
}
