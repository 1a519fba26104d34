/* What the Retention page says of money, loaded with it. */
import type { Lang } from './index';

const en = {
  measure: 'LTV',
  what: 'What a person of the cohort has brought so far: from its own period to so many periods later, all together, divided by everyone in the cohort.',
  revenueOf: 'Revenue of',
  anyRevenue: 'all events',
  table: 'What a person brings',
  cell: (person: string, all: string, size: string) => `${person} a person: ${all} of ${size} persons`,
  allWhat: 'Over the cohorts whose period is over: what they brought so far, for each of their persons.',
  foot: 'Dotted: that period is not over yet. Rest on a sum to see what the whole cohort brought.',
  headline: (sum: string, period: string) => `${sum} a person by ${period}`,
  curve: 'How it grows',
};

const ru: typeof en = {
  measure: 'LTV',
  what: 'Сколько к этому времени принёс человек когорты: от её собственного периода до стольких-то периодов спустя, всё вместе, на каждого в когорте.',
  revenueOf: 'Выручка от',
  anyRevenue: 'всех событий',
  table: 'Сколько приносит человек',
  cell: (person, all, size) => `${person} на человека: ${all} от ${size} человек`,
  allWhat: 'По когортам, у которых этот период уже кончился: сколько они принесли к этому времени на каждого своего человека.',
  foot: 'Пунктир: период ещё не кончился. Наведите на сумму, чтобы увидеть, сколько принесла вся когорта.',
  headline: (sum, period) => `${sum} на человека, ${period.toLowerCase()}`,
  curve: 'Как это растёт',
};

export const LTV: Record<Lang, typeof en> = { en, ru };
