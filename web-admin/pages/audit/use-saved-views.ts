import { useLocalStorage } from '@mantine/hooks';
import { VIEWS, type View } from './query/vocabulary.ts';

export interface SavedView {
  id: string;
  name: string;
  view: View;
  /** The query. */
  text: string;
}

const isSavedView = (value: unknown): value is SavedView => {
  if (typeof value !== 'object' || value === null) return false;
  const { id, name, view, text } = value as Partial<Record<keyof SavedView, unknown>>;
  return [id, name, text].every((each) => typeof each === 'string') && VIEWS.some((each) => each === view);
};

/** What another version of these pages, or a person, left there may be anything. */
function read(kept: string | undefined): SavedView[] {
  try {
    const found: unknown = JSON.parse(kept ?? '[]');
    return Array.isArray(found) ? found.filter(isSavedView) : [];
  } catch {
    return [];
  }
}

/** Named queries, kept in this browser: Steward has no place for them. */
export function useSavedViews() {
  const [views, setViews] = useLocalStorage<SavedView[]>({
    key: 'steward-audit-views',
    defaultValue: [],
    getInitialValueInEffect: false,
    deserialize: read,
  });
  return {
    views,
    add: (view: Omit<SavedView, 'id'>) => setViews((was) => [...was, { ...view, id: crypto.randomUUID() }]),
    rename: (id: string, name: string) =>
      setViews((was) => was.map((each) => (each.id === id ? { ...each, name } : each))),
    remove: (id: string) => setViews((was) => was.filter((each) => each.id !== id)),
    put: (next: SavedView[]) => setViews(next),
  };
}

/** Where a view is opened. */
export function addressOfView({ view, text }: Pick<SavedView, 'view' | 'text'>): string {
  const search = new URLSearchParams({ ...(view === 'records' ? {} : { view }), ...(text ? { q: text } : {}) });
  return `/audit${search.size > 0 ? `?${search}` : ''}`;
}
