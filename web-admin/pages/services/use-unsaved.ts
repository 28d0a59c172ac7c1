import { useBlocker } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useConfirm } from '../../components/confirm.tsx';

/** Asks before what was typed is left behind: by a link, the way back, a closed drawer, or the browser's own doing. */
export function useUnsaved(dirty: boolean): void {
  const { t } = useTranslation('service');
  const confirm = useConfirm();
  useBlocker({
    disabled: !dirty,
    enableBeforeUnload: dirty,
    shouldBlockFn: async () => {
      const leave = await confirm({ title: t('unsaved'), body: t('unsavedHint'), confirm: t('leave'), danger: true });
      return leave === null;
    },
  });
}
