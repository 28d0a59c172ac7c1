import { Button, Group, Skeleton, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import type { ServiceDomain } from '../../api/schema.gen.ts';
import { useChange, useList } from '../../api/use-api.ts';
import { takeErrors } from '../../components/form-errors.ts';
import { GuardedButton } from '../../components/guarded.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { Time } from '../../components/time.tsx';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { RowButton } from './row-button.tsx';

const LIST = 'GET /v1/admin/services/{id}/domains';
const POST = 'POST /v1/admin/services/{id}/domains';
const DROP = 'DELETE /v1/admin/services/{id}/domains/{domain}';

function AddDomain({ serviceId }: { serviceId: string }) {
  const { t } = useTranslation('service');
  const toast = useToast();
  const { trackFormSubmit } = useAuditEvent();
  const create = useChange(POST, [LIST]);
  const { mutateAsync: drop } = useChange(DROP, [LIST]);
  const form = useForm({
    initialValues: { domain: '' },
    validate: { domain: (domain) => (domain.trim() === '' ? t('config.domains.rule') : null) },
  });
  const submit = form.onSubmit(({ domain }) => {
    trackFormSubmit('add-domain');
    create.mutate(
      { path: { id: serviceId }, body: { domain: domain.trim() } },
      {
        onSuccess: (made) => {
          form.reset();
          toast.done(t('config.domains.added', { domain: made.domain }), () =>
            drop({ path: { id: serviceId, domain: made.domain }, ifMatch: made.version }),
          );
        },
        onError: (problem) => {
          if (problem.errors.length > 0) takeErrors(form, problem);
          else form.setErrors({ domain: problem.message });
        },
      },
    );
  });
  return (
    <form onSubmit={submit} noValidate>
      <Group align="flex-start" gap="xs">
        <TextInput
          label={t('config.domains.domain')}
          autoComplete="off"
          inputMode="url"
          className="ltr"
          w={{ base: '100%', xs: 320 }}
          {...form.getInputProps('domain')}
        />
        <GuardedButton
          route={POST}
          serviceId={serviceId}
          type="submit"
          variant="default"
          loading={create.isPending}
          mt={25}
        >
          {t('config.domains.add')}
        </GuardedButton>
      </Group>
    </form>
  );
}

/** The hosts that may call, one change each: they are not saved with the form above them. */
export function ServiceDomains({ serviceId }: { serviceId: string }) {
  const { t } = useTranslation('service');
  const { t: shell } = useTranslation();
  const toast = useToast();
  const { trackButtonClick } = useAuditEvent();
  const { items, query } = useList(LIST, { path: { id: serviceId }, query: { limit: 200 } });
  const { mutateAsync: drop } = useChange(DROP, [LIST]);
  const { mutateAsync: post } = useChange(POST, [LIST]);
  const remove = ({ domain, version }: ServiceDomain) => {
    trackButtonClick('remove-domain');
    drop({ path: { id: serviceId, domain }, ifMatch: version }).then(
      () =>
        toast.done(t('config.domains.removed', { domain }), () => post({ path: { id: serviceId }, body: { domain } })),
      toast.failed,
    );
  };
  return (
    <Stack gap="sm" maw={860} component="section" aria-labelledby="service-domains">
      <div>
        <Title order={2} id="service-domains">
          {t('config.domains.title')}
        </Title>
        <Text size="sm" c="dimmed">
          {t('config.domains.hint')}
        </Text>
      </div>
      <AddDomain serviceId={serviceId} />
      {query.isPending && !query.isError && <Skeleton height={80} />}
      {query.isError && <ProblemAlert problem={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && items.length === 0 && <Text size="sm">{t('config.domains.none')}</Text>}
      {items.length > 0 && (
        <Table.ScrollContainer minWidth={320}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t('config.domains.domain')}</Table.Th>
                <Table.Th scope="col">{t('added')}</Table.Th>
                <Table.Th scope="col">{shell('actions')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((each) => (
                <Table.Tr key={each.id} data-domain={each.domain}>
                  <Table.Th scope="row" fw={400}>
                    <code>{each.domain}</code>
                  </Table.Th>
                  <Table.Td>
                    <Time at={each.createdAt} />
                  </Table.Td>
                  <Table.Td>
                    <RowButton
                      route={DROP}
                      serviceId={serviceId}
                      label={t('config.domains.remove', { domain: each.domain })}
                      onClick={() => remove(each)}
                    >
                      {shell('remove')}
                    </RowButton>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {query.hasNextPage && (
        <Button
          variant="default"
          size="xs"
          onClick={() => void query.fetchNextPage()}
          loading={query.isFetchingNextPage}
          style={{ alignSelf: 'flex-start' }}
        >
          {t('config.domains.more')}
        </Button>
      )}
    </Stack>
  );
}
