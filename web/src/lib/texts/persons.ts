/* What only the Persons pages say, loaded with them. */
import type { Lang } from './index';
import { plurals } from './plural';

const plural = plurals('en');
const ruPlural = plurals('ru');

const en = {
  id: 'Id, login, device or client',
  list: 'Persons',
  first: 'First seen',
  last: 'Last seen',
  more: 'More persons',
  sort: 'Sorted by',
  sorts: { last_seen: 'last seen', revenue: 'revenue', place: 'nothing (fastest)' },
  visits: 'Visits',
  visitsWhat: 'A visit ends after 30 idle minutes or when the campaign changes.',
  visit: (number: number) => `Visit ${number}`,
  visitOf: (count: number, length: string) => `${count} ${plural(count, { one: 'event', other: 'events' })}, ${length}`,
  export: 'Export',
  exportWhat: 'Everything that is kept of this person, as JSON',
  erase: 'Erase…',
  eraseTitle: (id: string) => `Erase ${id}?`,
  eraseEvents: (count: number, text: string) => `${text} ${plural(count, { one: 'event', other: 'events' })} with what they hold, also as they arrived`,
  eraseAliases: (count: number) => `${count} ${plural(count, { one: 'id', other: 'ids' })} that they are known by`,
  eraseGone: 'This goes for good:',
  eraseReports: 'All reports are counted without them from then on: numbers of the past become smaller.',
  eraseFinal: 'This cannot be undone. Export first if somebody asked for their data.',
  eraseType: (id: string) => `Type ${id} to confirm`,
  eraseDo: 'Erase for good',
  erasing: 'Erasing…',
};

const ru: typeof en = {
  id: 'Идентификатор, логин, устройство или клиент',
  list: 'Люди',
  first: 'Впервые',
  last: 'В последний раз',
  more: 'Ещё люди',
  sort: 'Порядок',
  sorts: { last_seen: 'кто был последним', revenue: 'по выручке', place: 'как есть (быстрее)' },
  visits: 'Визиты',
  visitsWhat: 'Визит кончается после 30 минут тишины или со сменой кампании.',
  visit: (number) => `Визит ${number}`,
  visitOf: (count, length) => `${count} ${ruPlural(count, { one: 'событие', few: 'события', many: 'событий', other: 'события' })}, ${length}`,
  export: 'Выгрузить',
  exportWhat: 'Всё, что хранится об этом человеке, в JSON',
  erase: 'Стереть…',
  eraseTitle: (id) => `Стереть ${id}?`,
  eraseEvents: (count, text) => `${text} ${ruPlural(count, { one: 'событие', few: 'события', many: 'событий', other: 'события' })} со всем содержимым, в том числе в исходном виде`,
  eraseAliases: (count) => `${count} ${ruPlural(count, { one: 'идентификатор', few: 'идентификатора', many: 'идентификаторов', other: 'идентификатора' })} этого человека`,
  eraseGone: 'Навсегда исчезнут:',
  eraseReports: 'Все отчёты будут считаться без него: прошлые числа станут меньше.',
  eraseFinal: 'Это нельзя отменить. Если человек просил свои данные, сначала выгрузите их.',
  eraseType: (id) => `Введите ${id}, чтобы подтвердить`,
  eraseDo: 'Стереть навсегда',
  erasing: 'Стираем…',
};

export const PERSONS: Record<Lang, typeof en> = { en, ru };
