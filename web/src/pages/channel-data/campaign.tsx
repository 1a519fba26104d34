/* One campaign: what is known of it, and its days. */
import { useState } from 'react';
import { address, send } from '../../api/client';
import type { AdCampaign, AdCampaignDay, AdCampaignDays } from '../../api/types';
import { SeriesChart, type Series } from '../../charts/series-chart';
import { ChartPanel } from '../../components/chart-panel';
import { Table, type Column } from '../../components/table';
import { Async, Button, Dialog, Dot, Select } from '../../components/ui';
import { useApp } from '../../hooks/useApp';
import { useQuery } from '../../hooks/useQuery';
import { patch } from '../../hooks/useUrl';
import { channelColor, colorToken } from '../../lib/color';
import { addDays } from '../../lib/range';
import { CampaignForm } from './campaign-form';
import { nameOf, refreshAfter, Sure, useAmounts, useWords } from './parts';

const METRICS = ['spend', 'impressions', 'reach', 'clicks', 'conversions', 'revenue'] as const;
type Metric = (typeof METRICS)[number];
const isMoney = (metric: Metric) => metric === 'spend' || metric === 'revenue';
/** A longer gap in the days is not drawn day by day. */
const MOST_DAYS = 1200;

export function CampaignDrawer({ id, admin }: { id: string; admin: boolean }) {
  const { t } = useApp();
  const words = useWords();
  const url = `/api/campaigns/${encodeURIComponent(id)}`;
  const query = useQuery<AdCampaign>(url);
  const [asking, setAsking] = useState<'edit' | 'delete' | null>(null);
  const close = () => patch({ campaign: null });
  const actions = admin && query.data && (
    <>
      <Button icon="edit" data-testid="campaign-edit" onClick={() => setAsking('edit')}>{words.edit}</Button>
      <Button icon="trash" aria-label={t.remove} title={t.remove} data-testid="campaign-delete" onClick={() => setAsking('delete')} />
    </>
  );
  return (
    <Dialog side title={query.data?.name || id} onClose={close} testid="campaign" extra={actions}>
      <Async query={query} height={400}>
        {(one) => (
          <>
            <Facts one={one} />
            {one.has_days && <Days id={id} />}
            {asking === 'edit' && <CampaignForm saved={one} onClose={() => setAsking(null)} onSaved={() => setAsking(null)} />}
            {asking === 'delete' && (
              <Sure title={words.deleteCampaign(nameOf(one))} what={one.has_days ? words.deleteCampaignDays : words.deleteCampaignWhat} testid="campaign-drop" onClose={() => setAsking(null)} act={() => send('DELETE', url)} onDone={() => {
                close();
                refreshAfter();
              }} />
            )}
          </>
        )}
      </Async>
    </Dialog>
  );
}

function Facts({ one }: { one: AdCampaign }) {
  const { fmt } = useApp();
  const words = useWords();
  const amounts = useAmounts();
  const { fields, hints } = words;
  const plain = (value: number | null, digits = 0) => (value === null ? null : fmt.exact(value, digits));
  const figures: [string, string | null, string?][] = [
    [words.campaignId, one.campaign_id], [fields.source, one.source], [words.date, one.date && fmt.day(one.date), words.dateWhat],
    [fields.impressions, plain(one.impressions), hints.impressions], [fields.clicks, plain(one.clicks), hints.clicks],
    [fields.conversion_rate, one.conversion_rate === null ? null : fmt.percent(one.conversion_rate, 2), hints.conversion_rate],
    [fields.acquisition_cost, one.acquisition_cost === null ? null : amounts.units(one.acquisition_cost, one.currency), hints.acquisition_cost],
    [fields.roi, plain(one.roi, 2), hints.roi], [fields.engagement_score, plain(one.engagement_score, 2), hints.engagement_score],
  ];
  // What nobody said of it is left out.
  const said: [string, string | null][] = [
    [fields.campaign_status, one.status], [fields.target_audience, one.target_audience], [fields.campaign_goal, one.campaign_goal], [fields.duration, one.duration === null ? null : words.nDays(one.duration)],
    [fields.location, one.location], [fields.language, one.language], [fields.customer_segment, one.customer_segment], [fields.company, one.company],
    [words.changed, fmt.instant(one.changed_at)],
  ];
  return (
    <dl className="facts-grid" data-testid="campaign-facts">
      <div><dt>{words.channel}</dt><dd><Dot color={channelColor(one.channel_used)} />{one.channel_used}</dd></div>
      {[...figures, ...said.filter(([, value]) => value)].map(([name, value, hint]) => <div key={name}><dt title={hint}>{name}</dt><dd title={value ? undefined : words.notSaid}>{value || <span className="faint">—</span>}</dd></div>)}
    </dl>
  );
}

/** The days between the first and the last, those without rows too. */
function daysOf(rows: AdCampaignDay[]): string[] {
  const first = rows[0]?.date, last = rows.at(-1)?.date;
  if (!first || !last) return [];
  const days = [first];
  while (days.length < MOST_DAYS && (days.at(-1) ?? last) < last) days.push(addDays(days.at(-1) ?? last, 1));
  return (days.at(-1) ?? '') < last ? [...new Set(rows.map((row) => row.date))] : days;
}

/** A line a channel; amounts of several currencies are never added up. */
function seriesOf(rows: AdCampaignDay[], days: string[], metric: Metric): Series[] {
  const several = isMoney(metric) && new Set(rows.map((row) => row.currency)).size > 1;
  const keyOf = (row: AdCampaignDay) => (several ? `${row.channel}, ${row.currency}` : row.channel);
  return [...new Set(rows.map(keyOf))].map((key) => {
    const byDay = new Map<string, number | null>();
    for (const row of rows) if (keyOf(row) === key && row[metric] !== null) byDay.set(row.date, (byDay.get(row.date) ?? 0) + row[metric]);
    return { key, name: key, token: colorToken(rows.find((row) => keyOf(row) === key)?.channel ?? key), values: days.map((day) => byDay.get(day) ?? null) };
  });
}

function Days({ id }: { id: string }) {
  const { t, fmt, session } = useApp();
  const words = useWords();
  const amounts = useAmounts();
  const [metric, setMetric] = useState<Metric>('spend');
  const query = useQuery<AdCampaignDays>(address(`/api/campaigns/${encodeURIComponent(id)}/days`));
  const none = <span title={words.notSaid}>—</span>;
  const count = (key: 'impressions' | 'reach' | 'clicks' | 'conversions'): Column<AdCampaignDay> => ({ key, title: words.fields[key], hint: words.hints[key], numeric: true, value: (row) => row[key], show: (row) => (row[key] === null ? none : fmt.exact(row[key], 2)) });
  const money = (key: 'spend' | 'revenue'): Column<AdCampaignDay> => ({ key, title: words.metricNames[key], hint: words.hints[key], numeric: true, unit: 'money', value: (row) => row[key], show: (row) => (row[key] === null ? none : amounts.units(row[key], row.currency)) });
  const columns: Column<AdCampaignDay>[] = [
    { key: 'date', title: t.date, value: (row) => row.date, show: (row) => fmt.day(row.date) },
    { key: 'channel', title: words.channel, value: (row) => row.channel, show: (row) => <span className="row tight"><Dot color={channelColor(row.channel)} />{row.channel}</span> },
    money('spend'), count('impressions'), count('reach'), count('clicks'), count('conversions'), money('revenue'),
    { key: 'currency', title: words.currency, value: (row) => row.currency },
  ];
  return (
    <Async query={query} height={320}>
      {({ days: rows }) => {
        const days = daysOf(rows);
        const series = seriesOf(rows, days, metric);
        const currency = rows[0]?.currency ?? session.currency;
        return (
          <ChartPanel
            title={words.daysTitle} testid="campaign-days"
            actions={<Select label={words.metric} value={metric} options={METRICS.map((value) => ({ value, label: words.metricNames[value] }))} onChange={setMetric} data-testid="campaign-metric" />}
            legend={series.length > 1 ? series.map((one) => ({ name: one.name, color: `var(${one.token})` })) : []}
            chart={<SeriesChart labels={days.map((day) => fmt.dayShort(day))} titles={days.map((day) => fmt.weekday(day))} series={series} kind="line" stacked={false} partial={days.at(-1) === session.today} partialName={words.dayNotOver} short={fmt.short} exact={(value) => (isMoney(metric) ? amounts.units(value, new Set(rows.map((row) => row.currency)).size > 1 ? null : currency) : fmt.exact(value, 2))} label={words.daysTitle} />}
            table={<Table name={`days-${id}`} testid="campaign-days-table" rowTestid="campaign-day" caption={words.daysTitle} columns={columns} rows={rows} rowKey={(row) => `${row.date} ${row.channel} ${row.currency}`} />}
          />
        );
      }}
    </Async>
  );
}
