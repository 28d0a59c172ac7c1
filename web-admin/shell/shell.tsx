import { ActionIcon, Group, NavLink } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  IconActivityHeartbeat,
  IconBolt,
  IconFileExport,
  IconHistory,
  IconMenu2,
  IconServer2,
  IconUserCircle,
  IconUsersGroup,
  IconX,
} from '@tabler/icons-react';
import { Link, Outlet, useLocation, useRouterState } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../api/problem.ts';
import { loginAddress, sessionIsKnown, signedOutByHand } from '../api/session.ts';
import { useMe } from '../api/use-me.ts';
import { ProblemAlert } from '../components/problem-alert.tsx';
import { usePageTracking, useUserTracking } from '../hooks/index.ts';
import { HeaderTools } from './header-tools.tsx';
import { HotKeys } from './hot-keys.tsx';
import { PageLoading } from './page-states.tsx';
import { SessionEnded } from './session-ended.tsx';
import classes from './shell.module.css';
import { SignedOut } from './signed-out.tsx';

const PAGES = [
  { to: '/services', name: 'services', Icon: IconServer2 },
  { to: '/audit', name: 'audit', Icon: IconHistory },
  { to: '/operations', name: 'operations', Icon: IconBolt },
  { to: '/exports', name: 'exports', Icon: IconFileExport },
  { to: '/observability', name: 'observability', Icon: IconActivityHeartbeat },
  { to: '/access', name: 'access', Icon: IconUsersGroup },
  { to: '/me', name: 'me', Icon: IconUserCircle },
] as const;

function Navigation({ onGo }: { onGo: () => void }) {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  return PAGES.map(({ to, name, Icon }) => (
    <NavLink
      key={to}
      component={Link}
      to={to}
      label={t(name)}
      leftSection={<Icon size={18} aria-hidden />}
      active={pathname === to || pathname.startsWith(`${to}/`)}
      {...(pathname.startsWith(to) && { 'aria-current': 'page' as const })}
      onClick={onGo}
      className={classes.link}
    />
  ));
}

function Frame() {
  const { t } = useTranslation();
  const [open, { toggle, close }] = useDisclosure();
  const shown = useRouterState({ select: ({ resolvedLocation }) => resolvedLocation?.href });
  return (
    <div className={classes.frame}>
      <a href="#content" className={classes.skip}>
        {t('skip')}
      </a>
      <header className={classes.header}>
        <Group gap="xs" wrap="nowrap">
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            className={classes.menu}
            aria-label={t('menu')}
            aria-expanded={open}
            aria-controls="navigation"
            onClick={toggle}
          >
            {open ? <IconX size={20} aria-hidden /> : <IconMenu2 size={20} aria-hidden />}
          </ActionIcon>
          <Link to="/services" className={classes.brand} aria-label={t('steward')}>
            <img src="/steward.svg" width={24} height={24} alt="" />
            <span className={classes.name}>{t('steward')}</span>
          </Link>
        </Group>
        <HeaderTools />
      </header>
      <nav id="navigation" className={classes.navbar} aria-label={t('navigation')} data-open={open || undefined}>
        <Navigation onGo={close} />
      </nav>
      {/* The address changes before the page does: whoever drives a browser sees here when it has. */}
      <main id="content" tabIndex={-1} className={classes.main} data-shown={shown}>
        <Outlet />
      </main>
    </div>
  );
}

/** Counts pages and tells who looks at them; part of the frame, so that it ends with the session. */
function Tracking() {
  const { pathname } = useLocation();
  usePageTracking(pathname);
  useUserTracking();
  return null;
}

/** What surrounds every page. Nothing of it is drawn before it is known who looks. */
export function Shell() {
  const { data: me, error, refetch } = useMe();
  const unknown = error instanceof ApiProblem && error.status === 401 && !me;
  const leave = unknown && !signedOutByHand.is();
  useEffect(() => {
    if (leave) window.location.replace(loginAddress(`${window.location.pathname}${window.location.search}`));
  }, [leave]);
  useEffect(() => {
    if (me) sessionIsKnown();
  }, [me]);
  if (unknown && !leave) return <SignedOut />;
  if (error && !unknown && !me) return <ProblemAlert problem={error} onRetry={() => void refetch()} />;
  if (!me) return <PageLoading />;
  return (
    <>
      <Tracking />
      <Frame />
      <HotKeys />
      <SessionEnded />
    </>
  );
}
