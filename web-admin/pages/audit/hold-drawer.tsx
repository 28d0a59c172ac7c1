import { Button, Group, Stack } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { LegalHold } from '../../api/schema.gen.ts';
import { useChange } from '../../api/use-api.ts';
import { useConfirm } from '../../components/confirm.tsx';
import { GuardedButton } from '../../components/guarded.tsx';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { Instant, serviceTerm } from './cells.tsx';
import { Fact, Facts } from './facts.tsx';
import { Matches } from './holds-view.tsx';
import { printTerms } from './query/terms.ts';
import { Side } from './side.tsx';
import type { Services } from './use-services.ts';

/** The records a hold matches, as a query. */
function queryOf({ resource, resourceId, actorId, serviceId, from, to }: LegalHold, services: Services): string {
  const terms: [string, string | null][] = [
    ['resource', resource],
    ['resource-id', resourceId],
    ['actor', actorId],
    ['service', serviceId && serviceTerm(serviceId, services)],
    // Without a beginning, 30 days would be looked at.
    ['created', `>=${from ?? '2019-01-01'}`],
    ['created', to && `<=${to}`],
  ];
  return printTerms(terms.flatMap(([name, value]) => (value ? [{ name, value, negated: false }] : [])));
}

export default function HoldDrawer({
  hold,
  services,
  onClose,
}: {
  hold: LegalHold;
  services: Services;
  onClose: () => void;
}) {
  const { t } = useTranslation('audit');
  const toast = useToast();
  const confirm = useConfirm();
  const { trackButtonClick } = useAuditEvent();
  const release = useChange('POST /v1/audit/holds/{id}/release', ['GET /v1/audit/holds', 'GET /v1/audit/logs']);
  const { id, status, matchedRows, countedAt, createdBy, createdAt, releasedBy, releasedAt } = hold;
  const ask = async () => {
    trackButtonClick('release-hold');
    const answer = await confirm({
      title: t('holds.releaseTitle'),
      body: t('holds.releaseHint'),
      confirm: t('holds.release'),
      danger: true,
      reason: 'required',
    });
    if (!answer) return;
    release
      // Whichever version: that it has become active meanwhile changes nothing about the release.
      .mutateAsync({ path: { id }, body: { reason: answer.reason } })
      .then(() => toast.done(t('holds.releaseDone')), toast.failed);
  };
  return (
    <Side title={t('holds.detail')} onClose={onClose}>
      <Stack>
        <Facts>
          <Fact label={t('holds.status')} value={status}>
            {t(`holds.${status}`)}
          </Fact>
          <Fact label={t('holds.matches')} value={queryOf(hold, services)}>
            <Matches hold={hold} services={services} />
          </Fact>
          <Fact label={t('holds.reason')} value={hold.reason}>
            <bdi>{hold.reason}</bdi>
          </Fact>
          <Fact label={t('holds.rows')} value={matchedRows === null ? t('holds.notCounted') : String(matchedRows)}>
            {matchedRows === null ? t('holds.notCounted') : matchedRows}
            {countedAt && (
              <>
                {' · '}
                <Instant at={countedAt} />
              </>
            )}
          </Fact>
          <Fact label={t('holds.created')} value={createdAt}>
            <Instant at={createdAt} />
          </Fact>
          <Fact label={t('holds.by')} value={createdBy} />
          {releasedAt && (
            <Fact label={t('holds.releasedAt')} value={releasedAt}>
              <Instant at={releasedAt} />
            </Fact>
          )}
          <Fact label={t('holds.by')} value={releasedBy ?? ''} />
          <Fact label={t('holds.releaseReason')} value={hold.releaseReason ?? ''}>
            <bdi>{hold.releaseReason}</bdi>
          </Fact>
          <Fact label={t('fields.id')} value={id} />
        </Facts>
        <Group>
          <Button variant="default" component={Link} to="/audit" search={{ q: queryOf(hold, services) } as never}>
            {t('holds.showRecords')}
          </Button>
          {(status === 'active' || status === 'applying') && (
            <GuardedButton
              route="POST /v1/audit/holds/{id}/release"
              color="red.9"
              loading={release.isPending}
              onClick={() => void ask()}
            >
              {t('holds.release')}
            </GuardedButton>
          )}
        </Group>
      </Stack>
    </Side>
  );
}
