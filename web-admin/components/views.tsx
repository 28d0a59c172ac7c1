import { Skeleton, Tabs } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type ComponentType, type LazyExoticComponent, lazy, Suspense } from 'react';
import { useFilters } from '../api/use-filters.ts';

/** A view whose code comes when somebody goes there. */
export const lazyView = <Name extends string>(load: () => Promise<Record<Name, ComponentType>>, name: Name) =>
  lazy(async () => ({ default: (await load())[name] }));

interface ViewsProps<Name extends string> {
  /** What the tabs are about. */
  label: string;
  /** In the order of the tabs; the first one is shown where the address names none. */
  views: Record<Name, LazyExoticComponent<ComponentType>>;
  labelOf: (name: Name) => string;
}

/** Views of one page beside each other; `view` in the address says which. Another one begins without the filters of this one. */
export function Views<Name extends string>({ label, views, labelOf }: ViewsProps<Name>) {
  const [{ view }] = useFilters();
  const navigate = useNavigate();
  const names = Object.keys(views) as [Name, ...Name[]];
  const shown = names.find((name) => name === view) ?? names[0];
  const View: ComponentType = views[shown];
  return (
    <Tabs
      value={shown}
      onChange={(next) => void navigate({ to: '.', search: { view: next ?? undefined } })}
      keepMounted={false}
    >
      <Tabs.List mb="md" aria-label={label}>
        {names.map((name) => (
          <Tabs.Tab key={name} value={name}>
            {labelOf(name)}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value={shown}>
        <Suspense fallback={<Skeleton height={400} />}>
          <View />
        </Suspense>
      </Tabs.Panel>
    </Tabs>
  );
}
