/* What only the Attribution page says, loaded with it. */
import type { Lang } from './index';

const en = {
  leaveOut: (name: string) => `Leave ${name} out: its touches are dropped before the credit is shared`,
  foot: 'Open a number to see the journeys behind it. Click a name to leave it out.',
  footIntervals: (level: string) => `The line under a number is its ${level} interval, from resampling persons. ≈ means: not distinguishable from the next larger one of its column.`,
  interval: (level: string, low: string, high: string) => `${level} interval: ${low} – ${high}`,
  alike: (name: string) => `not distinguishable from ${name}: the intervals overlap`,
  views: { amount: 'Amounts', difference: 'Differences', stacked: 'Stacked' },
  amountWhat: 'One row a channel, one dot a model; the faint line is the interval. The wider a row, the more the models disagree.',
  differenceWhat: 'How far each model lies from the average of the models, channel by channel: 0 is agreement.',
  average: 'average of the models',
  apart: (low: string, high: string) => `${low} – ${high}`,
  low: (model: string) => `${model}, low`,
  high: (model: string) => `${model}, high`,
  order: 'Markov order',
  orderWhat: 'How many touches back the chain remembers. The best is chosen by how well it predicts a conversion.',
  orderBest: 'best',
  spend: 'Spend',
  spendWhat: 'What was paid for it in the range.',
  cac: 'CAC',
  cacWhat: (model: string) => `Spend for one conversion, by the model “${model}”.`,
  roas: 'ROAS',
  roasWhat: (model: string) => `Revenue for each unit of spend, by the model “${model}”.`,
  costBy: 'Costs by',
};

const ru: typeof en = {
  leaveOut: (name) => `Исключить ${name}: его касания отбрасываются до деления заслуги`,
  foot: 'Откройте число, чтобы увидеть пути за ним. Щёлкните по названию, чтобы исключить строку.',
  footIntervals: (level) => `Черта под числом — его интервал ${level} (повторная выборка людей). ≈ значит: неотличимо от следующего большего в том же столбце.`,
  interval: (level, low, high) => `интервал ${level}: ${low} – ${high}`,
  alike: (name) => `неотличимо от ${name}: интервалы пересекаются`,
  views: { amount: 'Суммы', difference: 'Расхождения', stacked: 'Друг на друге' },
  amountWhat: 'Строка — канал, точка — модель, бледная черта — интервал. Чем шире строка, тем сильнее расходятся модели.',
  differenceWhat: 'Насколько каждая модель отстоит от среднего всех моделей по каналу: 0 — согласие.',
  average: 'среднее моделей',
  apart: (low, high) => `${low} – ${high}`,
  low: (model) => `${model}, от`,
  high: (model) => `${model}, до`,
  order: 'Порядок Маркова',
  orderWhat: 'Сколько касаний назад помнит цепь. Лучший выбирается по тому, как он предсказывает конверсию.',
  orderBest: 'лучший',
  spend: 'Расход',
  spendWhat: 'Сколько за это заплачено за период.',
  cac: 'Цена конверсии',
  cacWhat: (model) => `Расход на одну конверсию по модели «${model}».`,
  roas: 'Окупаемость',
  roasWhat: (model) => `Выручка на единицу расхода по модели «${model}».`,
  costBy: 'Затраты по',
};

export const ATTRIBUTION: Record<Lang, typeof en> = { en, ru };
