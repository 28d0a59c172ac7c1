import { DirectionProvider, MantineProvider, useDirection } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useEffect } from 'react';
import { queryClient } from '../api/query-client.ts';
import { ConfirmProvider } from '../components/confirm.tsx';
import { ToastPlace } from '../components/toast-place.tsx';
import { directionOf, speak } from '../i18n/index.ts';
import { router } from '../router.tsx';
import { contrast, theme } from '../theme.ts';
import { usePreferences } from './preferences.ts';

/** The language chosen, spoken; its texts are here before the first page is drawn. */
function Language() {
  const { language } = usePreferences();
  const { setDirection } = useDirection();
  useEffect(() => {
    void speak(language).then(() => setDirection(directionOf(language)));
  }, [language, setDirection]);
  return null;
}

export function App() {
  const { colours, language } = usePreferences();
  return (
    <DirectionProvider initialDirection={directionOf(language)}>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={contrast}
        defaultColorScheme="auto"
        {...(colours === 'auto' ? {} : { forceColorScheme: colours })}
      >
        <QueryClientProvider client={queryClient}>
          <ConfirmProvider>
            <Language />
            <ToastPlace />
            <RouterProvider router={router} />
          </ConfirmProvider>
        </QueryClientProvider>
      </MantineProvider>
    </DirectionProvider>
  );
}
