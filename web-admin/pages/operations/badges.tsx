import { Badge } from '@mantine/core';
import {
  IconAlertTriangle,
  IconBan,
  IconCheck,
  IconClock,
  IconFlame,
  IconHourglass,
  IconPlayerPause,
  IconPlayerPlay,
  IconRotate2,
  IconShieldCheck,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Operation } from '../../api/schema.gen.ts';

type Phase = Operation['phase'];

/** Colour and icon say the same as the word. */
const LOOKS: Record<Phase, { color: string; icon: typeof IconCheck }> = {
  planned: { color: 'gray', icon: IconClock },
  awaiting_approval: { color: 'yellow', icon: IconHourglass },
  approved: { color: 'blue', icon: IconShieldCheck },
  queued: { color: 'gray', icon: IconClock },
  running: { color: 'blue', icon: IconPlayerPlay },
  paused: { color: 'yellow', icon: IconPlayerPause },
  cancelling: { color: 'orange', icon: IconBan },
  completed: { color: 'teal', icon: IconCheck },
  incomplete: { color: 'orange', icon: IconAlertTriangle },
  failed: { color: 'red', icon: IconAlertTriangle },
  cancelled: { color: 'gray', icon: IconBan },
  rejected: { color: 'red', icon: IconBan },
  expired: { color: 'gray', icon: IconClock },
  undoing: { color: 'blue', icon: IconRotate2 },
  undone: { color: 'teal', icon: IconRotate2 },
};

export function PhaseBadge({ phase }: { phase: Phase }) {
  const { t } = useTranslation('operations');
  const { color, icon: Icon } = LOOKS[phase];
  return (
    <Badge
      variant="default"
      color={color}
      tt="none"
      style={{ verticalAlign: 'middle' }}
      leftSection={<Icon size={14} aria-hidden color={`var(--mantine-color-${color}-6)`} />}
    >
      {t(`phase.${phase}`)}
    </Badge>
  );
}

const RISKS = { routine: null, destructive: IconAlertTriangle, irreversible: IconFlame } as const;

export function RiskBadge({ risk }: { risk: Operation['risk'] }) {
  const { t } = useTranslation('operations');
  const Icon = RISKS[risk];
  return (
    <Badge
      variant="default"
      tt="none"
      style={{ verticalAlign: 'middle' }}
      leftSection={
        Icon && (
          <Icon size={14} aria-hidden color={`var(--mantine-color-${risk === 'irreversible' ? 'red' : 'orange'}-6)`} />
        )
      }
    >
      {t(`risk.${risk}`)}
    </Badge>
  );
}
