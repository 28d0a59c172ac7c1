import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { preferences } from '../shell/preferences.ts';
import type access from './en/access.ts';
import type audit from './en/audit.ts';
import type exports from './en/exports.ts';
import type forms from './en/forms.ts';
import type observability from './en/observability.ts';
import type operations from './en/operations.ts';
import type service from './en/service.ts';
import type services from './en/services.ts';
import type shell from './en/shell.ts';

/** Every text a person reads, by the area it belongs to; an area's texts are loaded with its first page. */
interface Texts {
  shell: typeof shell;
  services: typeof services;
  service: typeof service;
  audit: typeof audit;
  operations: typeof operations;
  exports: typeof exports;
  observability: typeof observability;
  access: typeof access;
  forms: typeof forms;
}

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'shell';
    resources: Texts;
  }
}

export type Area = keyof Texts;

const files = import.meta.glob<{ default: object }>('./{en,ar}/*.ts');
const wanted = new Set<Area>(['shell']);

async function load(language: string, area: Area): Promise<void> {
  if (i18next.hasResourceBundle(language, area)) return;
  const file = files[`./${language}/${area}.ts`];
  if (file) i18next.addResourceBundle(language, area, (await file()).default);
}

/** The texts of an area, in the language of now and in each language chosen later. */
export async function loadTexts(area: Area): Promise<void> {
  wanted.add(area);
  await load(i18next.language, area);
}

export const directionOf = (language: string): 'ltr' | 'rtl' => (language === 'ar' ? 'rtl' : 'ltr');

export async function speak(language: string): Promise<void> {
  await Promise.all([...wanted].map((area) => load(language, area)));
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  document.documentElement.dir = directionOf(language);
}

export async function startTexts(): Promise<void> {
  const { language } = preferences();
  await i18next.use(initReactI18next).init({
    lng: language,
    defaultNS: 'shell',
    ns: ['shell'],
    resources: {},
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  await speak(language);
}
