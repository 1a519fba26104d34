/* The names of the pages under Channels, in the row that all of them show. */
import type { Lang } from './index';

const en = {
  row: 'Pages of channels',
  names: { dashboard: 'Dashboard', campaigns: 'Campaigns', matching: 'Matching', money: 'Rates and budgets', connectors: 'Connectors', import: 'Import', jobs: 'Jobs' },
};

const ru: typeof en = {
  row: 'Страницы каналов',
  names: { dashboard: 'Обзор каналов', campaigns: 'Кампании', matching: 'Сопоставление', money: 'Курсы и бюджеты', connectors: 'Подключения', import: 'Загрузка файла', jobs: 'Задания' },
};

export const CHANNELS_TABS: Record<Lang, typeof en> = { en, ru };
