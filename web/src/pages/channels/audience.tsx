/* Averages of campaigns by whom they are for. */
import { address } from '../../api/client';
import type { AudienceRow, AudienceTable } from '../../api/types';
import { Table, type Column } from '../../components/table';
import { Async, Button, Empty, Panel, Problem, Segmented } from '../../components/ui';
import { useApp, useFormatOf, type Scope } from '../../hooks/useApp';
import { usePages } from '../../hooks/usePages';
import { patch, useUrl } from '../../hooks/useUrl';
import { figureCell, figureText, MEANS, unitOf } from '../../lib/figures';
import { CHANNELS } from '../../lib/texts/channels';
import { Brings } from './cards';
import { spanOf, whyNone } from './question';

const BY = ['segment', 'location', 'language', 'goal', 'audience', 'company'] as const;
const BARRED = new Set(['avg_roi', 'avg_conversion_rate', 'avg_acquisition_cost']);

export function AudiencePanel({ scope }: { scope: Scope }) {
  const { t, lang } = useApp();
  const words = CHANNELS[lang];
  const { params } = useUrl();
  const by = BY.find((one) => one === params.get('audience')) ?? 'segment';
  const pages = usePages<AudienceTable>(address('/api/analytics/audience', { by, limit: 500, ...spanOf(scope) }));
  const fmt = useFormatOf(pages.first.data?.currency);
  return (
    <Panel testid="audience" title={words.audience} hint={words.audienceWhat} actions={<Segmented label={t.breakBy} value={by} options={BY.map((value) => ({ value, label: words.audienceBy[value] }))} onChange={(one) => patch({ audience: one === 'segment' ? null : one })} />}>
      <Async query={pages.first} height={240}>
        {(data) => {
          const rows = [data, ...pages.more].flatMap((page) => page.rows);
          if (rows.every((row) => row.key === null)) return <Brings>{words.noAudience}</Brings>;
          const most = (name: (typeof MEANS)[number]) => Math.max(1e-9, ...rows.map((row) => row[name] ?? 0));
          const columns: Column<AudienceRow>[] = [
            { key: 'key', title: words.audienceBy[by], value: (row) => row.key ?? words.unknown, show: (row) => row.key ?? <span className="faint">{words.unknown}</span> },
            ...MEANS.map((name): Column<AudienceRow> => {
              const largest = most(name);
              return {
                key: name, title: words.figures[name].name, hint: words.figures[name].what, numeric: true, unit: unitOf(name), value: (row) => figureCell(name, row[name], fmt.minorPerUnit),
                show: (row) => (row[name] === null ? <span className="faint" title={whyNone(words, name)}>–</span> : <span title={figureText(name, fmt).exact(row[name])}>{figureText(name, fmt).cell(row[name])}</span>),
                ...(BARRED.has(name) ? { bar: (row: AudienceRow) => (row[name] ?? 0) / largest } : {}),
              };
            }),
            { key: 'avg_engagement', title: words.engagement, hint: words.engagementWhat, numeric: true, value: (row) => row.avg_engagement, show: (row) => (row.avg_engagement === null ? <span className="faint" title={words.whys.mean}>–</span> : fmt.fixed(row.avg_engagement, 2)) },
          ];
          return (
            <>
              <Table key={by} name={`audience-${by}`} testid="audience-table" rowTestid="audience-row" caption={`${words.audience}: ${words.audienceBy[by]}`} columns={columns} rows={rows} rowKey={(row) => row.key ?? ''} sort={{ key: 'avg_roi', down: true }} empty={<Empty title={t.noneInRange} />} />
              {pages.error && <Problem error={pages.error} retry={pages.loadNext} />}
              {pages.hasNext && <Button onClick={pages.loadNext}>{t.more}</Button>}
            </>
          );
        }}
      </Async>
    </Panel>
  );
}
