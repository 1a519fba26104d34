import type { Funnel, FunnelStep } from '../../api/types';
import { ChartPanel } from '../../components/chart-panel';
import { FunnelBars, type Who } from '../../components/funnel-bars';
import { Table, type Column } from '../../components/table';
import { Empty, Panel } from '../../components/ui';
import { useApp } from '../../hooks/useApp';
import { hrefWith, useUrl } from '../../hooks/useUrl';
import { channelColor, seriesToken } from '../../lib/color';
import type { Dimension } from '../../lib/filters';
import { FUNNEL } from '../../lib/texts/funnel';
import { whoText } from './who';

const MOST_GROUPS = 8;

type StepRow = FunnelStep & { index: number };

export function Result({ data, by }: { data: Funnel; by: Dimension | undefined }) {
  const { t, fmt, lang } = useApp();
  const { href: here } = useUrl();
  const href = (who: Who) => hrefWith(here, { people: whoText(who) });
  const groups = (data.groups ?? []).filter((group) => (group.steps[0]?.persons ?? 0) > 0).slice(0, MOST_GROUPS).map((group, index) => ({
    key: group.key, name: group.key || t.notSet, steps: group.steps, color: by === 'platform' ? channelColor(group.key) : `var(${seriesToken(index)})`,
  }));
  const columns: Column<StepRow>[] = [
    { key: 'index', title: '#', numeric: true, value: (row) => row.index + 1 },
    { key: 'name', title: t.step, value: (row) => row.name },
    { key: 'persons', title: t.metrics.persons.name, numeric: true, value: (row) => row.persons, show: (row) => fmt.exact(row.persons) },
    { key: 'first', title: t.fromFirst, hint: t.fromFirstWhat, numeric: true, value: (row) => row.from_first, show: (row) => fmt.percentFixed(row.from_first, 2) },
    { key: 'previous', title: t.fromPrevious, hint: t.fromPreviousWhat, numeric: true, value: (row) => row.from_previous, show: (row) => fmt.percentFixed(row.from_previous, 2) },
    { key: 'median', title: t.median, hint: t.medianWhat, numeric: true, value: (row) => row.median_ms, show: (row) => (row.index && row.median_ms !== null ? fmt.duration(row.median_ms) : '–') },
    { key: 'all', title: t.medianAll, hint: t.medianAllWhat, numeric: true, value: (row) => row.median_from_first_ms, show: (row) => (row.index && row.median_from_first_ms !== null ? fmt.duration(row.median_from_first_ms) : '–') },
    ...groups.map((group): Column<StepRow> => ({ key: `group-${group.key}`, title: group.name, numeric: true, value: (row) => group.steps[row.index]?.persons, show: (row) => fmt.exact(group.steps[row.index]?.persons ?? 0) })),
  ];
  const last = data.steps.at(-1);
  const whole = data.steps[0]?.persons ? (last?.from_first ?? 0) : 0;
  if (!data.persons) return <Panel title={t.funnelResult}><Empty title={t.noneInRange}><p>{t.noFunnelPersons(data.steps[0]?.name ?? '')}</p></Empty></Panel>;
  return (
    <ChartPanel
      testid="funnel-result"
      title={t.funnelResult}
      note={<>{t.wholeFunnel(fmt.percent(whole, 2))}{data.previous && <> · {t.was(fmt.percent(data.previous.steps.at(-1)?.from_first ?? 0, 2))}</>}{last?.median_from_first_ms ? ` · ${t.medianWhole(fmt.duration(last.median_from_first_ms))}` : ''}</>}
      {...(data.previous ? { legend: [{ name: t.previousPeriod, color: 'var(--ink)', dashed: true }] } : {})}
      chart={<FunnelBars steps={data.steps} previous={data.previous?.steps} series={groups} href={href} open={FUNNEL[lang].open} />}
      table={<Table name="funnel" testid="funnel-table" caption={t.funnelResult} columns={columns} rows={data.steps.map((step, index) => ({ ...step, index }))} rowKey={(row) => String(row.index)} />}
    />
  );
}
