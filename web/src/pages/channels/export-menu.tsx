/* Files of the whole page, made by the server. */
import { address } from '../../api/client';
import { Button, Popover } from '../../components/ui';
import { useApp, type Scope } from '../../hooks/useApp';
import { CHANNELS } from '../../lib/texts/channels';
import { spanOf } from './question';

const TABLES = ['channels', 'campaigns', 'ads', 'trend', 'audience'] as const;

export function ExportMenu({ scope, step, audience }: { scope: Scope; step: string; audience: string | null }) {
  const { lang } = useApp();
  const words = CHANNELS[lang];
  const of = (kind: 'csv' | 'json', table: (typeof TABLES)[number]) => address(`/export/${kind}`, { table, ...spanOf(scope), step: table === 'trend' ? step : undefined, by: table === 'audience' ? audience : undefined });
  return (
    <Popover label={words.export} button={(props) => <Button icon="download" data-testid="export" {...props}>{words.export}</Button>}>
      {(close) => (
        <div className="export-menu">
          <a href={address('/export/excel', { ...spanOf(scope), step })} download onClick={close} data-testid="export-excel">{words.exportAll}</a>
          <ul>
            {TABLES.map((table) => (
              <li key={table}>
                <span>{words.exportTables[table]}</span>
                <a href={of('csv', table)} download onClick={close} data-testid={`export-csv-${table}`} aria-label={`${words.exportTables[table]}, CSV`}>CSV</a>
                <a href={of('json', table)} download onClick={close} data-testid={`export-json-${table}`} aria-label={`${words.exportTables[table]}, JSON`}>JSON</a>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Popover>
  );
}
