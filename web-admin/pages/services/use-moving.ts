import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ServiceFeatureInTree } from '../../api/schema.gen.ts';
import { childrenOf, movedTo, type Place, placeOf, refusalOf, type Step, stepFrom } from './feature-tree.ts';

interface Moving {
  id: string;
  place: Place;
}

/**
 * Moving by keys: a feature is taken, goes step by step through the tree as it is shown, and is written only when it is put somewhere.
 * Each step is said.
 */
export function useMoving(
  features: ServiceFeatureInTree[],
  write: (feature: ServiceFeatureInTree, place: Place) => Promise<void>,
) {
  const { t } = useTranslation('service');
  const [moving, setMoving] = useState<Moving | null>(null);
  const [said, setSaid] = useState('');
  const feature = features.find(({ id }) => id === moving?.id);
  const shown = useMemo(() => (moving ? movedTo(features, moving.id, moving.place) : features), [features, moving]);

  const say = (nodes: ServiceFeatureInTree[], id: string) => {
    const node = nodes.find((each) => each.id === id);
    if (!node) return;
    const { parentId, index } = placeOf(nodes, id);
    const above = nodes.find((each) => each.id === parentId)?.name;
    const where = {
      name: node.name,
      position: index + 1,
      count: childrenOf(nodes, parentId).length,
      level: node.depth,
    };
    setSaid(above === undefined ? t('features.at', where) : t('features.atBelow', { ...where, above }));
  };

  /** Takes a feature, and makes a step with it if one is given. */
  const step = (taken: ServiceFeatureInTree, wanted?: Step) => {
    const from = moving?.id === taken.id ? shown : features;
    if (moving?.id !== taken.id) setMoving({ id: taken.id, place: placeOf(features, taken.id) });
    if (!wanted) {
      setSaid(`${t('features.moving', { name: taken.name })}. ${t('features.movingHint')}`);
      return;
    }
    const place = stepFrom(from, taken.id, wanted);
    const refusal = place && refusalOf(from, taken.id, place.parentId);
    if (!place || refusal) {
      setSaid(refusal ? t(`features.refused.${refusal}`) : t('features.noWay'));
      return;
    }
    setMoving({ id: taken.id, place });
    say(movedTo(from, taken.id, place), taken.id);
  };

  const end = (put: boolean) => {
    if (!moving || !feature) return;
    setMoving(null);
    if (put) void write(feature, moving.place);
    setSaid(t(put ? 'features.dropped' : 'features.cancelled', { name: feature.name }));
  };
  return { moving: feature ?? null, shown, said, step, end };
}
