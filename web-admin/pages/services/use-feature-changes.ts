import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { ServiceFeatureInTree, ServiceFeatureTree } from '../../api/schema.gen.ts';
import { keyOf, useChange } from '../../api/use-api.ts';
import { useConfirm } from '../../components/confirm.tsx';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { branchOf, movedTo, movesTo, type Place } from './feature-tree.ts';

export const TREE = 'GET /v1/admin/services/{id}/features';

/** What of a feature a new one is made of. */
const contentOf = ({ name, code, description, category, isActive, isDefault, displayOrder }: ServiceFeatureInTree) => ({
  ...{ name, code, description, category, isActive, isDefault, displayOrder },
});

/** What is done to features without a form, each with the way back. */
export function useFeatureChanges(id: string, features: ServiceFeatureInTree[]) {
  const { t } = useTranslation('service');
  const { t: shell } = useTranslation();
  const client = useQueryClient();
  const toast = useToast();
  const confirm = useConfirm();
  const { trackButtonClick } = useAuditEvent();
  const { mutateAsync: patch } = useChange('PATCH /v1/admin/services/{id}/features/{featureId}', [TREE]);
  const { mutateAsync: post } = useChange('POST /v1/admin/services/{id}/features', [TREE]);
  const { mutateAsync: drop } = useChange('DELETE /v1/admin/services/{id}/features/{featureId}', [TREE]);
  const pathOf = (featureId: string) => ({ id, featureId });

  const toggle = (feature: ServiceFeatureInTree) => {
    trackButtonClick('switch-feature');
    const { name, isActive, version } = feature;
    const path = pathOf(feature.id);
    patch({ path, ifMatch: version, body: { isActive: !isActive } }).then(
      (fresh) =>
        toast.done(t(isActive ? 'features.nowOff' : 'features.nowOn', { name }), () =>
          patch({ path, ifMatch: fresh.version, body: { isActive } }),
        ),
      toast.failed,
    );
  };

  /** Shown at its place at once; the answer of the server follows. */
  const move = async (feature: ServiceFeatureInTree, place: Place): Promise<void> => {
    const moves = movesTo(features, feature.id, place);
    if (moves.length === 0) return;
    trackButtonClick('move-feature');
    client.setQueryData<ServiceFeatureTree>(keyOf(TREE, { path: { id } }), (was) =>
      was ? { ...was, items: movedTo(was.items, feature.id, place) } : was,
    );
    const written: { before: ServiceFeatureInTree; version: number }[] = [];
    try {
      for (const { id: featureId, ...body } of moves) {
        const before = features.find((each) => each.id === featureId);
        if (!before) continue;
        const { version } = await patch({ path: pathOf(featureId), ifMatch: before.version, body });
        written.push({ before, version });
      }
      toast.done(t('features.dropped', { name: feature.name }), async () => {
        for (const { before, version } of written) {
          const { parentId, displayOrder } = before;
          const body = { displayOrder, ...(before.id === feature.id ? { parentId } : {}) };
          await patch({ path: pathOf(before.id), ifMatch: version, body });
        }
      });
    } catch (error) {
      toast.failed(error);
    }
  };

  /** Makes removed ones anew, from the top; their codes are the same, their ids are not. */
  const putBack = async (branch: ServiceFeatureInTree[]) => {
    const made = new Map<string, string>();
    for (const feature of branch) {
      const parentId = feature.parentId && (made.get(feature.parentId) ?? feature.parentId);
      const { id: fresh } = await post({ path: { id }, body: { ...contentOf(feature), parentId } });
      made.set(feature.id, fresh);
    }
  };
  const remove = async (feature: ServiceFeatureInTree) => {
    trackButtonClick('remove-feature');
    const branch = branchOf(features, feature.id);
    const below = branch.length - 1;
    const answer = await confirm({
      title: t('features.removeTitle', { name: feature.name }),
      body: `${t('features.removeHint')} ${below > 0 ? t('features.removeBelow', { count: below }) : ''}`,
      confirm: shell('remove'),
      danger: true,
      reason: 'optional',
    });
    if (!answer) return;
    drop({
      path: pathOf(feature.id),
      query: { cascade: below > 0 ? 'true' : 'false' },
      ifMatch: feature.version,
      reason: answer.reason,
    }).then(
      ({ deleted }) => toast.done(t('features.removed', { count: deleted }), () => putBack(branch)),
      toast.failed,
    );
  };
  return { toggle, move, remove };
}
