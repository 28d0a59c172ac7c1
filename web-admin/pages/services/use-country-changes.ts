import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { ServiceCountry } from '../../api/schema.gen.ts';
import { useChange } from '../../api/use-api.ts';
import { useToast } from '../../components/toast.tsx';
import { useNames } from './use-names.ts';

const LIST = 'GET /v1/admin/services/{id}/countries';

/** What is done to a country without a form, each with the way back. */
export function useCountryChanges(id: string) {
  const { t } = useTranslation('service');
  const toast = useToast();
  const { country: nameOf } = useNames();
  const { mutateAsync: patch } = useChange('PATCH /v1/admin/services/{id}/countries/{code}', [LIST]);
  const { mutateAsync: post } = useChange('POST /v1/admin/services/{id}/countries', [LIST]);
  const { mutateAsync: drop } = useChange('DELETE /v1/admin/services/{id}/countries/{code}', [LIST]);
  const labelOf = useCallback(({ code, name }: ServiceCountry) => nameOf(code) ?? name, [nameOf]);

  const setAvailable = useCallback(
    (country: ServiceCountry, isAvailable: boolean) => {
      const path = { id, code: country.code };
      const done = t(isAvailable ? 'countries.nowAvailable' : 'countries.nowUnavailable', {
        country: labelOf(country),
      });
      patch({ path, ifMatch: country.version, body: { isAvailable } }).then(
        (fresh) =>
          toast.done(done, () => patch({ path, ifMatch: fresh.version, body: { isAvailable: country.isAvailable } })),
        toast.failed,
      );
    },
    [id, patch, toast, t, labelOf],
  );
  const remove = useCallback(
    (country: ServiceCountry) => {
      const { code, isAvailable, note } = country;
      drop({ path: { id, code }, ifMatch: country.version }).then(
        () =>
          toast.done(t('countries.removed', { country: labelOf(country) }), () =>
            post({ path: { id }, body: { code, isAvailable, note } }),
          ),
        toast.failed,
      );
    },
    [id, drop, post, toast, t, labelOf],
  );
  return { setAvailable, remove };
}
