import { useTranslation } from 'react-i18next';
import { Page } from '../../components/page.tsx';
import { lazyView, Views } from '../../components/views.tsx';

const VIEWS = {
  admins: lazyView(() => import('./admins/admins-view.tsx'), 'AdminsView'),
  roles: lazyView(() => import('./roles/roles-view.tsx'), 'RolesView'),
  grants: lazyView(() => import('./grants/grants-view.tsx'), 'GrantsView'),
  sessions: lazyView(() => import('./sessions/sessions-view.tsx'), 'SessionsView'),
};

export function AccessPage() {
  const { t } = useTranslation('access');
  return (
    <Page title={t('title')} hint={t('hint')}>
      <Views label={t('title')} views={VIEWS} labelOf={(name) => t(`views.${name}`)} />
    </Page>
  );
}
