/* What only the Explore page says, loaded with it. */
import type { Lang } from './index';

const en = {
  how: 'What to look at',
  what: 'Metrics over time, of everything or of one event, together or by a dimension. The table below has the whole span.',
  groups: { money: 'Money', people: 'People', activity: 'Activity', visits: 'Visits' },
  anyEvent: 'any event',
  by: 'By',
  property: 'property',
  kind: 'Drawn as',
  kinds: { line: 'Lines', area: 'Areas', bar: 'Bars' },
  other: 'all others',
  overTime: (metric: string) => `${metric} over time`,
  overlap: 'A person may be in several groups: they do not add up to the total.',
  propertyTime: 'Over time in total; by the property below.',
  span: 'The whole span',
  topOf: (shown: number, all: number) => `the chart has the first ${shown} of ${all}`,
  change: (metric: string) => `${metric}, change`,
  moreRows: (limit: number) => `The first ${limit} rows.`,
  openPersons: (name: string) => `The persons of ${name}`,
};

const ru: typeof en = {
  how: 'На что смотрим',
  what: 'Показатели во времени: по всем событиям или по одному, вместе или с разбивкой. В таблице ниже — весь период.',
  groups: { money: 'Деньги', people: 'Люди', activity: 'Активность', visits: 'Визиты' },
  anyEvent: 'любое событие',
  by: 'Разбивка',
  property: 'свойство',
  kind: 'Вид',
  kinds: { line: 'Линии', area: 'Области', bar: 'Столбцы' },
  other: 'все прочие',
  overTime: (metric) => `${metric} во времени`,
  overlap: 'Человек может быть в нескольких группах: их сумма больше итога.',
  propertyTime: 'Во времени — всего; по свойству — ниже.',
  span: 'За весь период',
  topOf: (shown, all) => `на графике первые ${shown} из ${all}`,
  change: (metric) => `${metric}, изменение`,
  moreRows: (limit) => `Первые ${limit} строк.`,
  openPersons: (name) => `Люди: ${name}`,
};

export const EXPLORE: Record<Lang, typeof en> = { en, ru };
