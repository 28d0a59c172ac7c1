import { Group, Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { IconFileTypeCsv, IconRotate2, IconUsers } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { OperationType } from '../../api/schema.gen.ts';
import { useFilters } from '../../api/use-filters.ts';
import { useMe } from '../../api/use-me.ts';
import { Empty } from '../../components/empty.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { RiskBadge } from './badges.tsx';
import classes from './choose-type.module.css';
import { useTypeText } from './type-texts.ts';

/** By what they are about: the part before the first dot. */
const GROUPS = {
  services: ['services', 'features', 'testers', 'cache'],
  access: ['sessions', 'admins', 'security', 'keys'],
  records: ['audit', 'retention', 'exports', 'dead-letters'],
  people: ['subject'],
} as const;
type GroupName = keyof typeof GROUPS | 'other';

const groupOf = (type: string): GroupName => {
  const about = type.slice(0, type.indexOf('.'));
  const found = (Object.keys(GROUPS) as (keyof typeof GROUPS)[]).find((group) =>
    GROUPS[group].some((each) => each === about),
  );
  return found ?? 'other';
};

export function ChooseType({ types }: { types: OperationType[] }) {
  const { t } = useTranslation('operations');
  const textOf = useTypeText();
  const [{ search = '' }, setFilters] = useFilters();
  const wanted = search.toLowerCase();
  const matches = types.filter(({ type, summary }) =>
    [type, ...Object.values(textOf(type, summary))].some((text) => text.toLowerCase().includes(wanted)),
  );
  const groups = [...Object.keys(GROUPS), 'other'] as GroupName[];
  return (
    <Stack>
      <SearchField
        name="operation-types"
        label={t('searchTypes')}
        value={search}
        onSearch={(text) => setFilters({ search: text }, { replace: true })}
      />
      {matches.length === 0 && <Empty kind="noMatch" onClear={() => setFilters({ search: undefined })} />}
      {groups.map((group) => {
        const members = matches.filter(({ type }) => groupOf(type) === group);
        return (
          members.length > 0 && (
            <section key={group} aria-labelledby={`group-${group}`}>
              <Title order={2} id={`group-${group}`} mb="xs">
                {t(`group.${group}`)}
              </Title>
              <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
                {members.map((type) => (
                  <TypeCard key={type.type} type={type} />
                ))}
              </SimpleGrid>
            </section>
          )
        );
      })}
    </Stack>
  );
}

function TypeCard({ type }: { type: OperationType }) {
  const { t } = useTranslation('operations');
  const { title, summary } = useTypeText()(type.type, type.summary);
  const { data: me } = useMe();
  const [{ when }] = useFilters();
  const comesBack = Object.values(type.undo);
  const undo = comesBack.every((each) => each === true) ? 'whole' : comesBack.includes(true) ? 'part' : 'none';
  const held = type.everywhere
    ? (me?.permissions ?? [])
    : [...(me?.permissions ?? []), ...(me?.grants.flatMap(({ permissions }) => permissions) ?? [])];
  const missing = ['operations.execute', type.permission].filter((permission) => !held.includes(permission));
  return (
    <Paper withBorder p="md" className={classes.card}>
      <Stack gap={6} h="100%">
        <Title order={3}>
          <Link to="/operations/new" search={{ type: type.type, when }} className={classes.link}>
            {title}
          </Link>
        </Title>
        <Text size="sm" style={{ flex: 1 }}>
          {summary}
        </Text>
        <Group gap="xs">
          <RiskBadge risk={type.risk} />
          <Fact icon={IconRotate2} text={t(`card.undo.${undo}`)} />
          <Fact icon={IconUsers} text={t(type.risk === 'routine' ? 'card.alone' : 'card.approved')} />
          {type.csvColumns && <Fact icon={IconFileTypeCsv} text={t('card.file')} />}
        </Group>
        {missing.length > 0 && (
          <Text size="xs" c="var(--mantine-color-error)">
            {t('card.missing', { permissions: missing.join(', ') })}
          </Text>
        )}
      </Stack>
    </Paper>
  );
}

function Fact({ icon: Icon, text }: { icon: typeof IconUsers; text: string }) {
  return (
    <Group gap={4} wrap="nowrap">
      <Icon size={14} aria-hidden />
      <Text size="xs">{text}</Text>
    </Group>
  );
}
