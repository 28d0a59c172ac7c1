import { ActionIcon, Alert, Button, Group, List, Text, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { IconAlertTriangle, IconX } from '@tabler/icons-react';
import type { KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './audit.module.css';
import { printTerm, printTerms, type Term, withoutTerms } from './query/terms.ts';
import { VOCABULARY } from './query/vocabulary.ts';
import type { Query } from './use-asked.ts';

/** A service is asked for by what people call it. */
function shownOf({ name, value }: Term, services: Query['services']): string {
  const id = name === 'service' ? services.idOf(value) : undefined;
  return (id && services.nameOf(id)) ?? value;
}

function Chip({ term, index, query }: { term: Term; index: number; query: Query }) {
  const { t } = useTranslation('audit');
  const { services, terms, text, view, setText, problems } = query;
  const wrong = problems.some((each) => each.index === index);
  const written = printTerm(term);
  const turns = !wrong && term.name !== null && VOCABULARY[view][term.name]?.negatable;
  const remove = () => setText(withoutTerms(text, (_, at) => at === index));
  const turn = () =>
    setText(printTerms(terms.map((each, at) => (at === index ? { ...each, negated: !each.negated } : each))));
  const onKeys = (event: KeyboardEvent) => {
    if (event.key === 'Delete' || event.key === 'Backspace') remove();
  };
  const label = (
    <>
      {term.negated && <strong className={classes.not}>{t('query.not')} </strong>}
      <span className="ltr">
        {term.name !== null && <span className={classes.name}>{term.name}:</span>}
        <bdi>{shownOf(term, services)}</bdi>
      </span>
    </>
  );
  return (
    <li className={classes.chip} data-negated={term.negated || undefined} data-wrong={wrong || undefined}>
      {wrong && <IconAlertTriangle size={14} aria-hidden />}
      {turns ? (
        <UnstyledButton className={classes.chipText} onClick={turn} onKeyDown={onKeys}>
          {label}
          <VisuallyHidden>, {t(term.negated ? 'query.turnToInclude' : 'query.turnToExclude')}</VisuallyHidden>
        </UnstyledButton>
      ) : (
        <span className={classes.chipText}>{label}</span>
      )}
      <ActionIcon
        variant="subtle"
        color="gray"
        size={24}
        aria-label={t('query.remove', { term: written })}
        onClick={remove}
        onKeyDown={onKeys}
      >
        <IconX size={14} aria-hidden />
      </ActionIcon>
    </li>
  );
}

/** The terms that are asked for; each can be turned round or removed. */
export function QueryChips({ query }: { query: Query }) {
  const { t } = useTranslation('audit');
  if (query.terms.length === 0) return null;
  return (
    <ul className={classes.chips} aria-label={t('query.chips')}>
      {query.terms.map((term, index) => (
        <Chip key={`${term.start} ${printTerm(term)}`} term={term} index={index} query={query} />
      ))}
    </ul>
  );
}

/** What is wrong with the query, term by term, in place of a list that would ignore it. */
export function QueryProblems({ query }: { query: Query }) {
  const { t } = useTranslation('audit');
  const { problems, text, setText } = query;
  if (problems.length === 0) return null;
  return (
    <Alert
      color="yellow"
      variant="light"
      icon={<IconAlertTriangle aria-hidden />}
      title={t('query.problems')}
      role="alert"
      styles={{ title: { color: 'var(--mantine-color-text)' } }}
      data-query-problems
    >
      <List size="sm" mb="xs">
        {problems.map(({ code, term, index }) => (
          <List.Item key={index}>
            <code>{text.slice(term.start, term.end)}</code> {t(`problem.${code}`)}
          </List.Item>
        ))}
      </List>
      <Text size="sm" mb="xs">
        {t('query.problemsHint')}
      </Text>
      <Group>
        <Button
          size="xs"
          variant="default"
          onClick={() => setText(withoutTerms(text, (_, at) => problems.some(({ index }) => index === at)))}
        >
          {t('query.removeAll')}
        </Button>
      </Group>
    </Alert>
  );
}
