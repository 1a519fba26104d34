/* Tables as CSV that a spreadsheet opens without running anything. */

export type Cell = string | number | boolean | null | undefined;

const PLAIN_NUMBER = /^[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?$/;

/** A cell that starts with = + - @ tab or CR gets a leading ' unless it is a plain number. */
export function guard(text: string): string {
  return /^[=+\-@\t\r]/.test(text) && !PLAIN_NUMBER.test(text) ? `'${text}` : text;
}

export function csvCell(value: Cell): string {
  if (value === null || value === undefined) return '';
  const text = guard(String(value));
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export const csv = (rows: readonly (readonly Cell[])[]) => rows.map((row) => row.map(csvCell).join(',')).join('\r\n') + '\r\n';

/** One CSV line into its fields. */
export function csvFields(line: string): string[] {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const c = line[i];
    if (quoted && c === '"' && line[i + 1] === '"') field += line[++i];
    else if (c === '"') quoted = !quoted;
    else if (c === ',' && !quoted) {
      fields.push(field);
      field = '';
    } else field += c;
  }
  return [...fields, field];
}

/** What a CRM export is, by its header line; null if it is neither. */
export function importKind(header: string): 'crm_events' | 'crm_contracts' | null {
  const names = csvFields(header.replace(/^\uFEFF/, '').trim()).map((name) => name.trim().toLowerCase());
  if (names.includes('event_id')) return 'crm_events';
  if (names.includes('doc_id') && names.some((name) => name.startsWith('total_cost'))) return 'crm_contracts';
  return null;
}

export const download = (name: string, text: string, type = 'text/csv;charset=utf-8') => save(name, new Blob(type.startsWith('text/csv') ? ['\uFEFF', text] : [text], { type }));

export function save(name: string, file: Blob) {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
