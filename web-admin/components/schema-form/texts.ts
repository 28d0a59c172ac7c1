import { useTranslation } from 'react-i18next';
import type { FieldProblem, Problems } from './values.ts';

type Group = 'field' | 'hint' | 'target' | 'option';

/** What fields, targets and options are called; one that is new to us is called as the API calls it. */
export function useNames() {
  const { t } = useTranslation('forms');
  const named = (group: Group, name: string, otherwise: string): string => {
    const texts = t(group, { returnObjects: true }) as Record<string, string>;
    return texts[name] ?? otherwise;
  };
  const field = (name: string): string => {
    const left = /^not([A-Z])(.*)$/.exec(name);
    return left ? t('not', { name: field(`${left[1]?.toLowerCase()}${left[2]}`) }) : named('field', name, name);
  };
  return {
    field,
    hint: (name: string) => named('hint', name, '') || undefined,
    target: (name: string) => named('target', name, name),
    option: (name: string) => named('option', name, name),
  };
}

/** The sentence below a field, or undefined when there is nothing to say. */
export function useProblemOf(): (problems: Problems, path: string) => string | undefined {
  const { t } = useTranslation('forms');
  const said = ({ reason, limit }: FieldProblem) => t(`problem.${reason}`, { limit });
  return (problems, path) => {
    const own = problems[path];
    if (own) return said(own);
    // Of one among many: the first, with its place.
    const inside = Object.entries(problems).find(([each]) => each.startsWith(`${path}.`));
    const place = inside && /^\d+/.exec(inside[0].slice(path.length + 1))?.[0];
    return inside && place !== undefined
      ? t('problem.at', { place: Number(place) + 1, problem: said(inside[1]) })
      : undefined;
  };
}
