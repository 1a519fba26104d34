/* The CRM's tables (spec: full-funnel facts, "V10"): what the CRM routes give, number for number. They are of all
 * time; amounts come in whole UAH. */
import { address } from '../api/client';
import type { CrmAttributed, CrmCampaign, CrmCampaigns, CrmPlatform, CrmPlatforms, CrmSummary } from '../api/types';
import { Table, type Column } from '../components/table';
import { Async, Dialog, Dot, Empty, Hint, Panel } from '../components/ui';
import { useApp } from '../hooks/useApp';
import { useQuery } from '../hooks/useQuery';
import { patch, useUrl } from '../hooks/useUrl';
import { channelColor } from '../lib/color';
import { formatter } from '../lib/format';

const V10 = '/api/data-analytics/v10';
const SUMMARY: (keyof CrmSummary)[] = ['total_events', 'unique_clients', 'first_touch_events', 'mid_and_last_touch_events', 'mid_funnel_events', 'contracts', 'total_revenue', 'unique_platforms', 'clients_with_contract', 'data_multiplier'];

/** Formats for whole UAH, whatever the reporting currency is. */
function useHryvnia() {
  const { fmt, session } = useApp();
  const uah = formatter({ lang: fmt.lang, currency: 'UAH', timezone: session.timezone });
  return (amount: number) => uah.moneyExact(Math.round(amount * uah.minorPerUnit));
}

export function CrmFunnel() {
  const { t, fmt } = useApp();
  const { params } = useUrl();
  const uah = useHryvnia();
  const summary = useQuery<CrmSummary>(`${V10}/summary/prod`);
  const platforms = useQuery<CrmPlatforms>(`${V10}/platforms/touches`);
  const open = params.get('campaigns');
  return (
    <Panel title={t.crm.title} hint={t.crm.what} note={t.allTimeNote} testid="crm">
      <Async query={summary} height={128}>
        {(data) => (
          <dl className="summary">
            {SUMMARY.map((name) => {
              const value = data[name];
              const text = name === 'total_revenue' ? uah(value) : fmt.exact(value, 2);
              return (
                <div key={name}>
                  <dt>{t.crm.summary[name].name}<Hint text={t.crm.summary[name].what} /></dt>
                  <dd data-testid={`crm-summary-${name}`} data-exact={value} title={text}>{text}</dd>
                </div>
              );
            })}
          </dl>
        )}
      </Async>
      <h3 className="panel-sub">{t.crm.platforms}<Hint text={t.crm.platformsWhat} /></h3>
      <Async query={platforms} height={320}>
        {(data) => <Platforms rows={data.platforms} uah={uah} />}
      </Async>
      {open !== null && <Campaigns platform={open} uah={uah} />}
    </Panel>
  );
}

const exact = (name: string, value: number | null) => ({ 'data-value': value === null ? '' : String(value), 'data-testid': name });

function Platforms({ rows, uah }: { rows: CrmPlatform[]; uah: (amount: number) => string }) {
  const { t, fmt } = useApp();
  const most = Math.max(1, ...rows.map((row) => row.events));
  const mostRevenue = Math.max(1, ...rows.map((row) => row.revenue));
  const columns: Column<CrmPlatform>[] = [
    { key: 'platform', title: t.dims.platform, value: (row) => row.platform, show: (row) => <><Dot color={channelColor(row.platform)} />{row.platform}</> },
    { key: 'events', title: t.crm.events, numeric: true, value: (row) => row.events, show: (row) => fmt.exact(row.events), bar: (row) => row.events / most, attributes: (row) => exact('events', row.events) },
    { key: 'clients', title: t.crm.clients, numeric: true, value: (row) => row.clients, show: (row) => fmt.exact(row.clients), attributes: (row) => exact('clients', row.clients) },
    { key: 'contracts', title: t.crm.contracts, numeric: true, value: (row) => row.contracts, show: (row) => fmt.exact(row.contracts), attributes: (row) => exact('contracts', row.contracts) },
    { key: 'revenue', title: t.metrics.revenue.name, numeric: true, value: (row) => row.revenue, show: (row) => uah(row.revenue), bar: (row) => row.revenue / mostRevenue, attributes: (row) => exact('revenue', row.revenue) },
    { key: 'rate', title: t.metrics.rate.name, hint: t.crm.rateWhat, numeric: true, value: (row) => row.conversion_rate, show: (row) => (row.conversion_rate === null ? '–' : fmt.percentFixed(row.conversion_rate, 2)) },
    { key: 'touches', title: t.crm.avgTouches, hint: t.crm.avgTouchesWhat, numeric: true, value: (row) => row.avg_touches, show: (row) => (row.avg_touches === null ? '–' : fmt.fixed(row.avg_touches, 1)) },
    { key: 'days', title: t.crm.avgDays, hint: t.crm.avgDaysWhat, numeric: true, value: (row) => row.avg_days, show: (row) => (row.avg_days === null ? '–' : fmt.fixed(row.avg_days, 1)) },
  ];
  return (
    <Table
      name="crm-platforms" testid="crm-platforms" rowTestid="crm-platform-row" caption={t.crm.platforms} columns={columns} rows={rows} rowKey={(row) => row.platform} sort={{ key: 'events', down: true }}
      rowLabel={(row) => t.crm.openCampaigns(row.platform)} onRow={(row) => patch({ campaigns: row.platform })}
      empty={<Empty title={t.noneInRange} />}
    />
  );
}

function Campaigns({ platform, uah }: { platform: string; uah: (amount: number) => string }) {
  const { t, fmt } = useApp();
  const campaigns = useQuery<CrmCampaigns>(address(`${V10}/campaigns/${encodeURIComponent(platform)}/funnel`));
  const count = (key: 'first' | 'mid' | 'last' | 'clients' | 'contracts'): Column<CrmCampaign> => ({ key, title: t.crm.campaign[key], numeric: true, value: (row) => row[key], show: (row) => fmt.exact(row[key]) });
  const columns: Column<CrmCampaign>[] = [
    { key: 'campaign', title: t.dims.campaign, value: (row) => row.campaign || row.campaign_id, show: (row) => <span title={row.campaign_id}>{row.campaign || row.campaign_id || t.notSet}</span> },
    count('first'), count('mid'), count('last'), count('clients'), count('contracts'),
    { key: 'revenue', title: t.metrics.revenue.name, numeric: true, value: (row) => row.revenue, show: (row) => uah(row.revenue) },
  ];
  return (
    <Dialog side title={t.crm.campaignsOf(platform)} onClose={() => patch({ campaigns: null })} testid="crm-campaigns">
      <Async query={campaigns} height={320}>
        {(data) => <Table name={`campaigns-${platform}`} testid="crm-campaigns-table" caption={t.crm.campaignsOf(platform)} columns={columns} rows={data.campaigns} rowKey={(row) => `${row.campaign_id}/${row.campaign}`} sort={{ key: 'revenue', down: true }} empty={<Empty title={t.noneInRange} />} />}
      </Async>
    </Dialog>
  );
}

/** Contracts by the house rule: the last paid touch, else the first, else the contract's own. */
export function CrmHouseRule() {
  const { t, fmt } = useApp();
  const uah = useHryvnia();
  const platforms = useQuery<CrmPlatforms>(`${V10}/platforms/touches`);
  return (
    <Panel title={t.crm.house} hint={t.crm.houseWhat} note={t.allTimeNote} testid="crm-house">
      <Async query={platforms} height={240}>
        {(data) => {
          const most = Math.max(1, ...data.attributed.map((row) => row.revenue));
          const columns: Column<CrmAttributed>[] = [
            { key: 'platform', title: t.crm.attributedTo, value: (row) => row.platform, show: (row) => <><Dot color={channelColor(row.platform)} />{row.platform}</> },
            { key: 'contracts', title: t.crm.contracts, numeric: true, value: (row) => row.contracts, show: (row) => fmt.exact(row.contracts), attributes: (row) => exact('contracts', row.contracts) },
            { key: 'revenue', title: t.metrics.revenue.name, numeric: true, value: (row) => row.revenue, show: (row) => uah(row.revenue), bar: (row) => row.revenue / most, attributes: (row) => exact('revenue', row.revenue) },
            { key: 'avg_touches', title: t.crm.avgTouches, hint: t.crm.avgTouchesWhat, numeric: true, value: (row) => row.avg_touches, show: (row) => (row.avg_touches === null ? '–' : fmt.fixed(row.avg_touches, 1)), attributes: (row) => exact('avg_touches', row.avg_touches) },
            { key: 'avg_days', title: t.crm.avgDays, hint: t.crm.avgDaysWhat, numeric: true, value: (row) => row.avg_days, show: (row) => (row.avg_days === null ? '–' : fmt.fixed(row.avg_days, 1)), attributes: (row) => exact('avg_days', row.avg_days) },
          ];
          const sum = (pick: (row: CrmAttributed) => number) => data.attributed.reduce((all, row) => all + pick(row), 0);
          return <Table name="crm-attributed" testid="crm-attributed" rowTestid="crm-attributed-row" caption={t.crm.house} columns={columns} rows={data.attributed} rowKey={(row) => row.platform} sort={{ key: 'revenue', down: true }} total={{ platform: t.total, contracts: fmt.exact(sum((row) => row.contracts)), revenue: uah(sum((row) => row.revenue)) }} empty={<Empty title={t.noneInRange} />} />;
        }}
      </Async>
    </Panel>
  );
}
