import type { en } from './en';

/** The English table is the list of what there is to say; every other language says the same. */
export type Texts = typeof en;
export type Lang = 'en' | 'ru';

/** A language is loaded when it is first spoken. */
export const TEXTS: Record<Lang, () => Promise<Texts>> = {
  en: () => import('./en').then((table) => table.en),
  ru: () => import('./ru').then((table) => table.ru),
};
