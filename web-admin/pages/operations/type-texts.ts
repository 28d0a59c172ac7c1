import { useTranslation } from 'react-i18next';

interface TypeText {
  title: string;
  summary: string;
}

/** What a type of operation is called; one that is new to us is called as the API calls it. */
export function useTypeText(): (type: string, summary?: string) => TypeText {
  const { t } = useTranslation('operations');
  const texts = t('types', { returnObjects: true }) as Record<string, TypeText>;
  return (type, summary = '') => texts[type.replaceAll('.', '_')] ?? { title: type, summary };
}

/** What a kind of target is called. */
export function useKindText(): (kind: string) => string {
  const { t } = useTranslation('operations');
  const texts = t('kind', { returnObjects: true }) as Record<string, string>;
  return (kind) => texts[kind] ?? kind;
}

/** What a plan remarks of a target. */
export function useFlagText(): (flag: string) => string {
  const { t } = useTranslation('operations');
  const texts = t('flag', { returnObjects: true }) as Record<string, string>;
  return (flag) => texts[flag] ?? flag;
}
