import { Button, Group, Skeleton, Stack, Text, VisuallyHidden } from '@mantine/core';
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ServiceFeatureInTree } from '../../api/schema.gen.ts';
import { useRead } from '../../api/use-api.ts';
import { useFilters } from '../../api/use-filters.ts';
import { useVerdict } from '../../api/use-me.ts';
import { Empty, NoPermission } from '../../components/empty.tsx';
import { GuardedButton, useMissing } from '../../components/guarded.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { SearchField } from '../../components/search-field.tsx';
import type { Where } from './feature-row.tsx';
import { FeatureTools } from './feature-tools.tsx';
import { childrenOf, matching, placeBeside, refusalOf } from './feature-tree.ts';
import { FeatureTreeView } from './feature-tree-view.tsx';
import classes from './features.module.css';
import type { ServiceTabProps } from './service-page.tsx';
import { TREE, useFeatureChanges } from './use-feature-changes.ts';
import { useMoving } from './use-moving.ts';

const CreateFeature = lazy(async () => ({ default: (await import('./feature-dialog.tsx')).CreateFeature }));
const EditFeature = lazy(async () => ({ default: (await import('./feature-dialog.tsx')).EditFeature }));

/** In a search everything that is found is seen. */
const ALL_OPEN: ReadonlySet<string> = new Set();

const textOf = ({ name, code, category }: ServiceFeatureInTree) => `${name} ${code} ${category ?? ''}`.toLowerCase();

type Opened = { edit: ServiceFeatureInTree } | { above: ServiceFeatureInTree | null } | null;

function Features({ serviceId, features }: { serviceId: string; features: ServiceFeatureInTree[] }) {
  const { t } = useTranslation('service');
  const [{ q = '' }, setFilters] = useFilters();
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [chosen, setChosen] = useState<string | null>(null);
  const [opened, setOpened] = useState<Opened>(null);
  const { toggle, move, remove } = useFeatureChanges(serviceId, features);
  const { moving, shown, said, step, end } = useMoving(features, move);
  const missing = useMissing()(useVerdict()('PATCH /v1/admin/services/{id}/features/{featureId}', serviceId));
  const wanted = q.toLowerCase();
  const found = useMemo(
    () => (wanted ? matching(shown, (feature) => textOf(feature).includes(wanted)) : shown),
    [shown, wanted],
  );
  const selected = found.find(({ id }) => id === chosen) ?? found[0] ?? null;
  const ifAllowed =
    (act: (feature: ServiceFeatureInTree) => void) =>
    (feature: ServiceFeatureInTree): void => {
      if (missing === undefined) act(feature);
    };
  const open = useCallback(
    (id: string | null | undefined) =>
      setClosed((was) => (id && was.has(id) ? new Set([...was].filter((each) => each !== id)) : was)),
    [],
  );
  // What is moved is seen, wherever it comes to.
  const movedUnder = shown.find(({ id }) => id === moving?.id)?.parentId;
  useEffect(() => open(movedUnder), [open, movedUnder]);
  const mayDrop = (dragged: string, target: string, where: Where) =>
    refusalOf(features, dragged, placeBeside(features, dragged, target, where).parentId) === null;
  const onDrop = (dragged: string, target: string, where: Where) => {
    const feature = features.find(({ id }) => id === dragged);
    if (!feature) return;
    if (where === 'inside') open(target);
    setChosen(dragged);
    void move(feature, placeBeside(features, dragged, target, where));
  };
  const newButton = (
    <GuardedButton
      route="POST /v1/admin/services/{id}/features"
      serviceId={serviceId}
      onClick={() => setOpened({ above: null })}
    >
      {t('features.new')}
    </GuardedButton>
  );
  const close = () => setOpened(null);
  const above = opened && 'above' in opened ? opened.above : null;
  return (
    <Stack gap="sm">
      {features.length === 0 && (
        <Empty kind="none" title={t('features.none')} hint={t('features.noneHint')} action={newButton} />
      )}
      {features.length > 0 && (
        <>
          <Group gap="xs">
            <SearchField
              name="features"
              label={t('features.search')}
              value={q}
              onSearch={(text) => setFilters({ q: text }, { replace: true })}
            />
            <Button variant="default" onClick={() => setClosed(new Set())}>
              {t('features.expandAll')}
            </Button>
            <Button variant="default" onClick={() => setClosed(new Set(features.map(({ id }) => id)))}>
              {t('features.collapseAll')}
            </Button>
            {newButton}
          </Group>
          <Text size="sm" c="dimmed">
            {moving ? t('features.movingHint') : (missing ?? t('features.keys'))}
          </Text>
          <FeatureTools
            serviceId={serviceId}
            feature={moving ?? selected}
            moving={moving !== null}
            onStep={(wantedStep) => selected && step(moving ?? selected, wantedStep)}
            onMoved={end}
            onEdit={() => selected && setOpened({ edit: selected })}
            onAddBelow={() => setOpened({ above: selected })}
            onSwitch={() => selected && toggle(selected)}
            onRemove={() => selected && void remove(selected)}
          />
          {found.length === 0 ? (
            <Empty kind="noMatch" onClear={() => setFilters({ q: undefined })} />
          ) : (
            <div>
              <div className={classes.heading} aria-hidden>
                <span>{t('features.title')}</span>
                <span>{t('features.states')}</span>
              </div>
              <FeatureTreeView
                features={found}
                closed={q ? ALL_OPEN : closed}
                onClosed={setClosed}
                selected={selected?.id ?? null}
                onSelect={setChosen}
                onOpen={ifAllowed((edit) => setOpened({ edit }))}
                onSwitch={ifAllowed(toggle)}
                onRemove={ifAllowed((feature) => void remove(feature))}
                mayDrop={mayDrop}
                onDrop={onDrop}
                moving={moving?.id ?? null}
                onMove={(feature, wantedStep) => missing === undefined && step(feature, wantedStep)}
                onMoved={end}
                missing={missing}
              />
            </div>
          )}
          <VisuallyHidden role="status">{said}</VisuallyHidden>
        </>
      )}
      <Suspense fallback={null}>
        {opened && 'edit' in opened && <EditFeature feature={opened.edit} onClose={close} />}
        {opened && 'above' in opened && (
          <CreateFeature
            serviceId={serviceId}
            above={above}
            siblings={childrenOf(features, above?.id ?? null)}
            onClose={close}
            onMade={setChosen}
          />
        )}
      </Suspense>
    </Stack>
  );
}

/** What can be switched on and off, as a tree. */
export function ServiceFeaturesTab({ serviceId }: ServiceTabProps) {
  const { data, error, refetch } = useRead(TREE, { path: { id: serviceId } });
  if (data) return <Features serviceId={serviceId} features={data.items} />;
  if (error?.status === 403) return <NoPermission problem={error} />;
  if (error) return <ProblemAlert problem={error} onRetry={() => void refetch()} />;
  return <Skeleton height={400} />;
}
