import { useMemo, useState, type CSSProperties, type ReactNode } from 'react';
import { useApp } from '../hooks/useApp';
import { useTableFile } from '../hooks/useTableFile';
import { csv, download, type Cell } from '../lib/csv';
import { tableJson } from '../lib/table-file';
import { Button, Hint } from './ui';

export interface Column<Row> {
  key: string;
  title: string;
  hint?: string;
  /** What the column sorts by and exports; the exact value. */
  value: (row: Row) => Cell;
  /** What is shown; the value itself if left out. */
  show?: (row: Row) => ReactNode;
  numeric?: boolean;
  /** What a number is, for Excel: money in whole units, a share 0–1. */
  unit?: 'money' | 'share' | undefined;
  /** A share 0–1 drawn as a bar from the cell's left, under the value. */
  bar?: (row: Row) => number;
  /** Attributes for the cell: data-testid and the like. */
  attributes?: (row: Row) => Record<string, string>;
}

interface Props<Row> {
  name: string;
  columns: Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  sort?: { key: string; down: boolean };
  testid?: string;
  rowTestid?: string;
  onRow?: (row: Row) => void;
  rowLabel?: (row: Row) => string;
  selected?: (row: Row) => boolean;
  total?: Record<string, ReactNode> | Record<string, ReactNode>[];
  /** The total stands above the rows, not below. */
  totalFirst?: boolean;
  caption: string;
  empty?: ReactNode;
  searchable?: boolean;
  /** The rows come sorted from elsewhere, which can sort by these columns alone. */
  sorting?: { by: { key: string; down: boolean }; keys: readonly string[]; onSort: (by: { key: string; down: boolean }) => void };
  /** A line under the table. */
  foot?: ReactNode;
}

const PAGE = 50;
const order = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** By number or by name; what is not there comes first. */
export function compare(a: Cell, b: Cell): number {
  if (a === b) return 0;
  if (a === null || a === undefined) return -1;
  if (b === null || b === undefined) return 1;
  return typeof a === 'number' && typeof b === 'number' ? a - b : order.compare(String(a), String(b));
}

/** Every table sorts, can be searched and exports. What is long scrolls inside itself. */
export function Table<Row>({ name, columns, rows, rowKey, sort, testid, rowTestid, onRow, rowLabel, selected, total, totalFirst = false, caption, empty, searchable, sorting, foot }: Props<Row>) {
  const { t } = useApp();
  const [chosen, setBy] = useState(sort ?? null);
  const by = sorting?.by ?? chosen;
  const [text, setText] = useState('');
  const [shown, setShown] = useState(PAGE);

  const found = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    return wanted ? rows.filter((row) => columns.some((column) => String(column.value(row) ?? '').toLowerCase().includes(wanted))) : rows;
  }, [rows, columns, text]);
  const sorted = useMemo(() => {
    const column = columns.find((one) => one.key === chosen?.key);
    if (!column || !chosen) return found;
    return [...found].sort((a, b) => compare(column.value(a), column.value(b)) * (chosen.down ? -1 : 1));
  }, [found, columns, chosen]);

  const excel = useTableFile();
  const cells = () => sorted.map((row) => columns.map((column) => column.value(row)));
  const exportCsv = () => download(`${name}.csv`, csv([columns.map((column) => column.title), ...cells()]));
  const exportJson = () => download(`${name}.json`, tableJson(columns, cells()), 'application/json');
  const press = (key: string, numeric: boolean) => (sorting ? sorting.onSort : setBy)(by?.key === key ? { key, down: !by.down } : { key, down: numeric });

  const totals = total && [total].flat().map((one, at) => <tr key={at}>{columns.map((column) => <td key={column.key} data-column={column.key} className={column.numeric ? 'number' : ''}>{one[column.key]}</td>)}</tr>);
  const search = searchable ?? rows.length > 12;
  if (!rows.length && empty) return <>{empty}</>;
  return (
    <div className="table">
      {search && (
        <div className="table-tools">
          <input type="search" className="input small" value={text} onChange={(event) => setText(event.target.value)} placeholder={t.searchTable} aria-label={t.searchTable} />
        </div>
      )}
      <div className="table-scroll" tabIndex={0} role="region" aria-label={caption}>
        <table data-testid={testid}>
          <caption className="unseen">{caption}</caption>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column.key} className={column.numeric ? 'number' : ''} aria-sort={by?.key === column.key ? (by.down ? 'descending' : 'ascending') : undefined} scope="col">
                  {sorting && !sorting.keys.includes(column.key) ? column.title : <button type="button" onClick={() => press(column.key, !!column.numeric)}>{column.title}</button>}
                  {column.hint && <Hint text={column.hint} />}
                </th>
              ))}
            </tr>
            {totalFirst && totals}
          </thead>
          <tbody>
            {sorted.slice(0, shown).map((row) => (
              <tr
                key={rowKey(row)}
                data-testid={rowTestid}
                data-key={rowKey(row)}
                className={onRow ? 'pick' : ''}
                aria-selected={selected?.(row) || undefined}
                onClick={onRow && ((event) => (event.target as HTMLElement).closest('a,button,input,select') === null && onRow(row))}
              >
                {columns.map((column, index) => {
                  const content = column.show ? column.show(row) : (column.value(row) ?? '–');
                  return (
                    <td key={column.key} data-column={column.key} className={(column.numeric ? 'number' : '') + (column.bar ? ' barred' : '')} {...column.attributes?.(row)}>
                      {column.bar && <i className="bar" style={{ '--share': Math.max(0, Math.min(1, column.bar(row))) } as CSSProperties} />}
                      {index === 0 && onRow ? <button type="button" className="row-button" title={rowLabel?.(row)} onClick={() => onRow(row)}>{content}</button> : <span>{content}</span>}
                    </td>
                  );
                })}
              </tr>
            ))}
            {!sorted.length && <tr><td colSpan={columns.length} className="nothing">{t.nothingFound}</td></tr>}
          </tbody>
          {!totalFirst && totals && <tfoot>{totals}</tfoot>}
        </table>
      </div>
      <div className="table-tools">
        {excel.error ? <p className="table-foot bad" role="alert">{excel.error.message || t.networkError}</p> : foot && <p className="table-foot">{foot}</p>}
        {sorted.length > shown && <Button kind="quiet" onClick={() => setShown(shown + PAGE * 4)}>{t.showMore(sorted.length - shown)}</Button>}
        <Button kind="quiet" icon="download" title={t.exportCsv} onClick={exportCsv} data-testid={`${testid ?? name}-csv`}>CSV</Button>
        <Button kind="quiet" title={t.exportJson} onClick={exportJson} data-testid={`${testid ?? name}-json`}>JSON</Button>
        <Button kind="quiet" title={t.exportExcel} disabled={excel.busy} onClick={() => excel.save(name, caption, columns, cells())} data-testid={`${testid ?? name}-xlsx`}>Excel</Button>
      </div>
    </div>
  );
}
