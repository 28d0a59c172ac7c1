import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from '@mantine/core';

/** Ours: a green that is read as neither "ok" nor "danger". */
const steward: MantineColorsTuple = [
  '#e9f7f4',
  '#d3ece7',
  '#a5d9cf',
  '#74c5b6',
  '#4db4a1',
  '#34a993',
  '#23937f',
  '#14635b',
  '#0f544d',
  '#08413c',
];

/** What is filled with our colour has another shade of it in the dark, and so another colour of text; Mantine's own is that of the light. */
const variantColors: VariantColorsResolver = (input) => {
  const usual = defaultVariantColorsResolver(input);
  const ours = (input.color ?? input.theme.primaryColor) === input.theme.primaryColor;
  return ours && input.variant === 'filled' ? { ...usual, color: 'var(--mantine-primary-color-contrast)' } : usual;
};

export const theme = createTheme({
  primaryColor: 'steward',
  primaryShade: { light: 7, dark: 4 },
  colors: { steward },
  autoContrast: true,
  luminanceThreshold: 0.32,
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Arabic", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, "Noto Sans Mono", monospace',
  headings: {
    fontWeight: '600',
    sizes: { h1: { fontSize: '1.5rem' }, h2: { fontSize: '1.15rem' }, h3: { fontSize: '1rem' } },
  },
  focusRing: 'auto',
  variantColorResolver: variantColors,
  components: {
    // Whoever comes by keyboard is told as much as whoever points (WCAG 2.2, SC 1.4.13).
    // (By its name: the component itself, and what it floats with, is fetched when there is something to tell.)
    Tooltip: { defaultProps: { events: { hover: true, focus: true, touch: true } } },
  },
});

/** Our own lines and surfaces, and what Mantine's own shades lack of WCAG's contrast (SC 1.4.3, 1.4.11) on our backgrounds. */
export const contrast: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--steward-line': 'var(--mantine-color-gray-3)',
    '--steward-soft': 'var(--mantine-color-gray-0)',
    '--steward-hover': 'var(--mantine-color-gray-1)',
    '--mantine-color-dimmed': 'var(--mantine-color-gray-7)',
    '--mantine-color-placeholder': 'var(--mantine-color-gray-7)',
    '--mantine-color-error': 'var(--mantine-color-red-9)',
    '--mantine-color-anchor': 'var(--mantine-color-steward-8)',
  },
  dark: {
    '--steward-line': 'var(--mantine-color-dark-4)',
    '--steward-soft': 'var(--mantine-color-dark-6)',
    '--steward-hover': 'var(--mantine-color-dark-5)',
    '--mantine-color-dimmed': 'var(--mantine-color-dark-1)',
    '--mantine-color-placeholder': 'var(--mantine-color-dark-1)',
    '--mantine-color-error': 'var(--mantine-color-red-4)',
    '--mantine-color-anchor': 'var(--mantine-color-steward-3)',
  },
});
