import { Button, Group, Text } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconIndentDecrease, IconIndentIncrease } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { ServiceFeatureInTree } from '../../api/schema.gen.ts';
import { GuardedButton } from '../../components/guarded.tsx';
import { MAX_DEPTH, type Step } from './feature-tree.ts';
import classes from './features.module.css';

const PATCH = 'PATCH /v1/admin/services/{id}/features/{featureId}';
const ICONS = { up: IconArrowUp, down: IconArrowDown, in: IconIndentIncrease, out: IconIndentDecrease };

interface FeatureToolsProps {
  serviceId: string;
  feature: ServiceFeatureInTree | null;
  moving: boolean;
  onStep: (step?: Step) => void;
  onMoved: (put: boolean) => void;
  onEdit: () => void;
  onAddBelow: () => void;
  onSwitch: () => void;
  onRemove: () => void;
}

/** While a feature is being moved: the steps as buttons. */
function Steps({ onStep, onMoved }: Pick<FeatureToolsProps, 'onStep' | 'onMoved'>) {
  const { t } = useTranslation('service');
  const { t: shell } = useTranslation();
  return (
    <>
      {(['up', 'down', 'in', 'out'] as const).map((step) => {
        const Icon = ICONS[step];
        return (
          <Button
            key={step}
            size="compact-sm"
            variant="default"
            leftSection={<Icon size={16} aria-hidden className={classes.step} />}
            onClick={() => onStep(step)}
          >
            {t(`features.${step}`)}
          </Button>
        );
      })}
      <Button size="compact-sm" onClick={() => onMoved(true)}>
        {t('features.drop')}
      </Button>
      <Button size="compact-sm" variant="subtle" onClick={() => onMoved(false)}>
        {shell('cancel')}
      </Button>
    </>
  );
}

/** What can be done with the feature that is chosen, for whoever does not use the keys of the tree. */
export function FeatureTools(props: FeatureToolsProps) {
  const { serviceId, feature, moving, onStep, onMoved, onEdit, onAddBelow, onSwitch, onRemove } = props;
  const { t } = useTranslation('service');
  const { t: shell } = useTranslation();
  if (!feature) return null;
  const common = { serviceId, size: 'compact-sm', variant: 'default' } as const;
  return (
    <Group gap="xs" mih={30} data-feature-tools role="group" aria-label={`${t('features.selected')}: ${feature.name}`}>
      <Text size="sm">
        {moving ? t('features.moving', { name: feature.name }) : `${t('features.selected')}: `}
        {!moving && <b>{feature.name}</b>}
      </Text>
      {moving ? (
        <Steps onStep={onStep} onMoved={onMoved} />
      ) : (
        <>
          <GuardedButton {...common} route={PATCH} onClick={onSwitch}>
            {t(feature.isActive ? 'features.switchOff' : 'features.switchOn')}
          </GuardedButton>
          <GuardedButton {...common} route={PATCH} onClick={onEdit}>
            {shell('edit')}
          </GuardedButton>
          <GuardedButton
            {...common}
            route="POST /v1/admin/services/{id}/features"
            onClick={onAddBelow}
            disabled={feature.depth >= MAX_DEPTH}
          >
            {t('features.newBelow')}
          </GuardedButton>
          <GuardedButton {...common} route={PATCH} onClick={() => onStep()}>
            {t('features.move')}
          </GuardedButton>
          <GuardedButton {...common} route="DELETE /v1/admin/services/{id}/features/{featureId}" onClick={onRemove}>
            {shell('remove')}
          </GuardedButton>
        </>
      )}
    </Group>
  );
}
