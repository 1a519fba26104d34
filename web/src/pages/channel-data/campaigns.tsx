/* All campaigns: found, sorted and paged by the server, for there may be hundreds of thousands. */
import { useEffect, useState } from 'react';
import { address } from '../../api/client';
import type { AdCampaign, AdCampaigns, ChannelList } from '../../api/types';
import { Table, type Column } from '../../components/table';
import { Async, Button, Dot, Empty, IconButton, Link, Panel, Select } from '../../components/ui';
import { useApp } from '../../hooks/useApp';
import { useDebounced } from '../../hooks/useDebounced';
import { useQuery } from '../../hooks/useQuery';
import { hrefOf, patch, useUrl } from '../../hooks/useUrl';
import { channelColor } from '../../lib/color';
import { CampaignDrawer } from './campaign';
import { CampaignForm } from './campaign-form';
import { nameOf, useAmounts, useWords } from './parts';

const PAGE = 50;
const SORTS = ['day', 'name', 'clicks', 'impressions', 'conversion_rate', 'acquisition_cost', 'roi', 'engagement_score'];

export function CampaignsTab() {
  const { t, fmt, session } = useApp();
  const words = useWords();
  const { params } = useUrl();
  const q = params.get('q') ?? '';
  const [text, setText] = useState(q);
  const rested = useDebounced(text, 250);
  useEffect(() => {
    if (rested.trim() !== q) patch({ q: rested.trim(), skip: null }, true);
    // The address follows what is typed, not the other way round.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [rested]);
  const channel = params.get('channel') ?? '';
  const asked = params.get('sort') ?? '';
  const sort = SORTS.includes(asked.replace(/^-/, '')) ? asked : '-day';
  const skip = Math.max(0, Math.floor(Number(params.get('skip')) || 0));
  const campaigns = useQuery<AdCampaigns>(address('/api/campaigns/', { q, channel, sort, skip, limit: PAGE }));
  const channels = useQuery<ChannelList>('/api/v1/channel-list');
  const known = channels.data?.channels.map((one) => one.name) ?? [];
  const names = channel && !known.includes(channel) ? [channel, ...known] : known;
  const admin = session.role === 'admin';
  const open = params.get('campaign');
  return (
    <>
      <Panel
        title={words.campaigns} hint={words.campaignsWhat} testid="campaigns"
        note={campaigns.data && <span data-testid="campaigns-total" data-value={campaigns.data.total}>{words.nOfAll(fmt.exact(campaigns.data.total))}</span>}
        actions={<>
          <input type="search" className="input campaigns-search" value={text} placeholder={words.findCampaign} aria-label={words.findCampaign} data-testid="campaigns-search" onChange={(event) => setText(event.target.value)} />
          <Select label={words.channel} value={channel} options={[{ value: '', label: words.allChannels }, ...names.map((name) => ({ value: name, label: name }))]} onChange={(name) => patch({ channel: name, skip: null })} data-testid="campaigns-channel" />
          {admin && <Button icon="plus" data-testid="campaign-new" onClick={() => patch({ make: '1' })}>{words.newCampaign}</Button>}
        </>}
      >
        <Async query={campaigns} height={480}>{(data) => <CampaignTable data={data} sort={sort} open={open} asked={Boolean(q || channel)} />}</Async>
        {campaigns.data && campaigns.data.total > PAGE && (
          <div className="row end" data-testid="campaigns-pages">
            <span className="faint">{words.places(fmt.exact(skip + 1), fmt.exact(Math.min(skip + PAGE, campaigns.data.total)), fmt.exact(campaigns.data.total))}</span>
            <IconButton icon="left" label={words.pageBefore} disabled={skip === 0} data-testid="page-before" onClick={() => patch({ skip: skip > PAGE ? String(skip - PAGE) : null })} />
            <IconButton icon="right" label={words.pageAfter} disabled={skip + PAGE >= campaigns.data.total} data-testid="page-after" onClick={() => patch({ skip: String(skip + PAGE) })} />
          </div>
        )}
        <p className="small"><a href="/export/csv?table=campaigns" download>{words.allAsCsv}</a></p>
      </Panel>
      {open && <CampaignDrawer key={open} id={open} admin={admin} />}
      {admin && params.get('make') && <CampaignForm saved={null} onClose={() => patch({ make: null })} onSaved={(saved) => patch({ make: null, campaign: saved.campaign_id })} />}
      {!admin && params.get('make') && <p className="faint">{t.nothingFound}</p>}
    </>
  );
}

function CampaignTable({ data, sort, open, asked }: { data: AdCampaigns; sort: string; open: string | null; asked: boolean }) {
  const { t, fmt, session } = useApp();
  const words = useWords();
  const amounts = useAmounts();
  const none = <span title={words.notSaid}>—</span>;
  const number = (key: 'clicks' | 'impressions' | 'roi' | 'engagement_score', digits = 0): Column<AdCampaign> => ({ key, title: words.fields[key], hint: words.hints[key], numeric: true, value: (row) => row[key], show: (row) => (row[key] === null ? none : fmt.fixed(row[key], digits)) });
  const columns: Column<AdCampaign>[] = [
    { key: 'name', title: words.campaign, value: (row) => row.name, show: (row) => row.name || row.campaign_id },
    { key: 'campaign_id', title: words.campaignId, value: (row) => row.campaign_id, show: (row) => <span className="mono clip" title={row.campaign_id}>{row.campaign_id}</span> },
    { key: 'channel', title: words.channel, value: (row) => row.channel_used, show: (row) => <span className="row tight"><Dot color={channelColor(row.channel_used)} />{row.channel_used}</span> },
    { key: 'day', title: words.date, hint: words.dateWhat, value: (row) => row.date, show: (row) => (row.date ? fmt.day(row.date) : none) },
    number('clicks'), number('impressions'),
    { key: 'conversion_rate', title: words.fields.conversion_rate, hint: words.hints.conversion_rate, numeric: true, unit: 'share', value: (row) => row.conversion_rate, show: (row) => (row.conversion_rate === null ? none : fmt.percentFixed(row.conversion_rate)) },
    { key: 'acquisition_cost', title: words.fields.acquisition_cost, hint: words.hints.acquisition_cost, numeric: true, unit: 'money', value: (row) => row.acquisition_cost, show: (row) => (row.acquisition_cost === null ? none : amounts.units(row.acquisition_cost, row.currency)) },
    number('roi', 2), number('engagement_score', 1),
    { key: 'source', title: words.fields.source, value: (row) => row.source },
  ];
  const by = { key: sort.replace(/^-/, ''), down: sort.startsWith('-') };
  const empty = asked
    ? <Empty title={t.nothingFound}><Button onClick={() => patch({ q: null, channel: null, skip: null })}>{words.showAll}</Button></Empty>
    : <Empty title={words.noCampaigns}><p>{session.role === 'admin' ? words.noCampaignsWhat : words.noCampaignsRead}</p>{session.role === 'admin' && <p><Link href={hrefOf('/channels/import')}>{words.toImport}</Link></p>}</Empty>;
  return <Table name="campaigns" testid="campaigns-table" rowTestid="campaign-row" caption={words.campaigns} columns={columns} rows={data.campaigns} rowKey={(row) => row.campaign_id} searchable={false} sorting={{ by, keys: SORTS, onSort: (next) => patch({ sort: next.key === 'day' && next.down ? null : `${next.down ? '-' : ''}${next.key}`, skip: null }) }} onRow={(row) => patch({ campaign: row.campaign_id })} rowLabel={nameOf} selected={(row) => row.campaign_id === open} empty={empty} />;
}
