import { fileOf } from '../api/client';
import { save, type Cell } from '../lib/csv';
import { tableBody, type FileColumn } from '../lib/table-file';
import { useAction } from './useAction';

/** A table as an Excel file, which the server makes. */
export function useTableFile() {
  const { busy, error, run } = useAction();
  const make = (name: string, title: string, columns: readonly FileColumn[], rows: readonly (readonly Cell[])[]) =>
    void run(async () => save(`${name}.xlsx`, await fileOf('/export/table', tableBody(title, columns, rows))));
  return { busy, error, save: make };
}
