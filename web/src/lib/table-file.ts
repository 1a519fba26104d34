/* A table as the server makes an Excel file of it, and as JSON. */
import type { Cell } from './csv';

export interface FileColumn { key: string; title: string; unit?: 'money' | 'share' | undefined }
type Type = 'text' | 'number' | 'money' | 'share' | 'date';
type Value = string | number | null;

const CENTS = 100;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** What a column is, by all that stands in it. */
function typeOf(column: FileColumn, cells: readonly Cell[]): Type {
  const known = cells.filter((cell) => cell !== null && cell !== undefined);
  if (known.length && known.every((cell) => typeof cell === 'number')) return column.unit ?? 'number';
  return known.length && known.every((cell) => typeof cell === 'string' && DAY.test(cell)) ? 'date' : 'text';
}

const valueOf = (type: Type, cell: Cell): Value => {
  if (cell === null || cell === undefined) return null;
  if (type === 'text' || type === 'date') return String(cell);
  return type === 'money' ? Math.round(Number(cell) * CENTS) : Number(cell);
};

/** The body of POST /export/table. */
export function tableBody(title: string, columns: readonly FileColumn[], rows: readonly (readonly Cell[])[]) {
  const types = columns.map((column, at) => typeOf(column, rows.map((row) => row[at])));
  return { title, columns: columns.map((column, at) => ({ name: column.title, type: types[at] ?? 'text' })), rows: rows.map((row) => types.map((type, at) => valueOf(type, row[at]))) };
}

/** One object a row, by the keys of the columns. */
export const tableJson = (columns: readonly FileColumn[], rows: readonly (readonly Cell[])[]) =>
  `${JSON.stringify(rows.map((row) => Object.fromEntries(columns.map((column, at) => [column.key, row[at] ?? null]))), null, 1)}\n`;
