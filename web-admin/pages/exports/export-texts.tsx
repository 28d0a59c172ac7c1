import { Badge } from '@mantine/core';
import {
  IconAlertTriangle,
  IconBan,
  IconCheck,
  IconClock,
  IconClockOff,
  IconPlayerPause,
  IconPlayerPlay,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Export } from '../../api/schema.gen.ts';
import { isExportType } from './export-fields.ts';

/** What a kind of export is called; one that is new to us is called as the API calls it. */
export function useExportTypeText(): (type: string) => string {
  const { t } = useTranslation('exports');
  return (type) => (isExportType(type) ? t(`types.${type}.title`) : type);
}

const LOOKS = {
  waiting: { color: 'gray', icon: IconClock },
  running: { color: 'blue', icon: IconPlayerPlay },
  paused: { color: 'yellow', icon: IconPlayerPause },
  ready: { color: 'teal', icon: IconCheck },
  expired: { color: 'gray', icon: IconClockOff },
  failed: { color: 'red', icon: IconAlertTriangle },
  cancelled: { color: 'gray', icon: IconBan },
} as const;

/** Colour and icon say the same as the word. */
export function ExportPhase({ phase }: { phase: Export['phase'] }) {
  const { t } = useTranslation('exports');
  const { color, icon: Icon } = LOOKS[phase];
  return (
    <Badge
      variant="default"
      tt="none"
      style={{ verticalAlign: 'middle' }}
      leftSection={<Icon size={14} aria-hidden color={`var(--mantine-color-${color}-6)`} />}
    >
      {t(`phase.${phase}`)}
    </Badge>
  );
}
