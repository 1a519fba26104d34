import type { en } from './en';

/** The English table is the list of what there is to say; every other language says the same. */
export type Texts = typeof en;
export type Lang = 'en' | 'ru';

const LOAD: Record<Lang, () => Promise<Texts>> = {
  en: () => import('./en').then((table) => table.en),
  ru: () => import('./ru').then((table) => table.ru),
};
const loaded = new Map<Lang, Promise<Texts>>();

/** The table of a language; each is loaded once, when it is first spoken. */
export function textsOf(lang: Lang): Promise<Texts> {
  const table = loaded.get(lang) ?? LOAD[lang]();
  loaded.set(lang, table);
  return table;
}
