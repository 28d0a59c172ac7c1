import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { ServiceLocale } from '../../api/schema.gen.ts';
import { useChange } from '../../api/use-api.ts';
import { useToast } from '../../components/toast.tsx';
import { renumber } from './order.ts';

const LIST = 'GET /v1/admin/services/{id}/locales';
const BOUNDS = { least: 0, most: 1_000_000 };

/** What is done to a locale without a form, each with the way back. */
export function useLocaleChanges(id: string, locales: ServiceLocale[]) {
  const { t } = useTranslation('service');
  const toast = useToast();
  const { mutateAsync: patch, isPending } = useChange('PATCH /v1/admin/services/{id}/locales/{tag}', [LIST]);
  const { mutateAsync: post } = useChange('POST /v1/admin/services/{id}/locales', [LIST]);
  const { mutateAsync: drop } = useChange('DELETE /v1/admin/services/{id}/locales/{tag}', [LIST]);

  const makeDefault = useCallback(
    (locale: ServiceLocale) => {
      const before = locales.find(({ isDefault }) => isDefault);
      patch({ path: { id, tag: locale.tag }, ifMatch: locale.version, body: { isDefault: true } }).then(
        () =>
          toast.done(
            t('locales.nowDefault', { tag: locale.tag }),
            before && (() => patch({ path: { id, tag: before.tag }, body: { isDefault: true } })),
          ),
        toast.failed,
      );
    },
    [id, locales, patch, toast, t],
  );

  const move = useCallback(
    async (from: number, to: number) => {
      const moved = locales[from];
      if (!moved || to < 0 || to >= locales.length) return;
      const wanted = locales.toSpliced(from, 1).toSpliced(to, 0, moved);
      const written = renumber(wanted, to, ({ fallbackOrder }) => fallbackOrder, BOUNDS);
      const fresh: { locale: ServiceLocale; version: number }[] = [];
      try {
        for (const { item, number } of written) {
          const path = { id, tag: item.tag };
          const { version } = await patch({ path, ifMatch: item.version, body: { fallbackOrder: number } });
          fresh.push({ locale: item, version });
        }
        const place = { tag: moved.tag, place: to + 1, count: locales.length };
        toast.done(t('locales.moved', place), async () => {
          for (const { locale, version } of fresh) {
            const path = { id, tag: locale.tag };
            await patch({ path, ifMatch: version, body: { fallbackOrder: locale.fallbackOrder } });
          }
        });
      } catch (error) {
        toast.failed(error);
      }
    },
    [id, locales, patch, toast, t],
  );

  const remove = useCallback(
    (locale: ServiceLocale) => {
      const { tag, isDefault, fallbackOrder } = locale;
      drop({ path: { id, tag }, ifMatch: locale.version }).then(
        () =>
          toast.done(t('locales.removed', { tag }), () =>
            post({ path: { id }, body: { tag, isDefault, fallbackOrder } }),
          ),
        toast.failed,
      );
    },
    [id, drop, post, toast, t],
  );
  return { makeDefault, move, remove, moving: isPending };
}
