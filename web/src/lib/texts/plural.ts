/* Plural forms by the browser's Intl. Russian has one (1 событие), few (2 события) and many (5 событий). */
export function plurals(lang: string) {
  const rules = new Intl.PluralRules(lang);
  return (count: number, forms: Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }) => forms[rules.select(count)] ?? forms.other;
}
