/* A campaign made or changed by hand. What is made of daily facts cannot be changed. */
import { useState } from 'react';
import { ApiError, send } from '../../api/client';
import type { AdCampaign, ChannelList } from '../../api/types';
import { Field, TextField } from '../../components/field';
import { Combobox } from '../../components/combobox';
import { Button, Dialog, Problem } from '../../components/ui';
import { useAction } from '../../hooks/useAction';
import { useApp } from '../../hooks/useApp';
import { refresh, useQuery } from '../../hooks/useQuery';
import { numberOf } from '../../lib/ads';
import { useWords, wrongAt } from './parts';

const TEXTS = ['status', 'target_audience', 'campaign_goal', 'location', 'language', 'customer_segment', 'company'] as const;
const NUMBERS = ['impressions', 'clicks', 'conversion_rate', 'acquisition_cost', 'roi', 'engagement_score', 'duration'] as const;
/** Made of the days of a campaign that has some. */
const OF_DAYS = new Set<string>(['channel_used', 'clicks', 'impressions', 'conversion_rate', 'acquisition_cost', 'currency', 'roi', 'date']);
const ALL = ['campaign_id', 'name', 'channel_used', 'date', 'currency', ...TEXTS, ...NUMBERS];
const PERCENT = 100;

type Draft = Record<string, string>;

function draftOf(saved: AdCampaign | null, currency: string): Draft {
  const draft: Draft = { campaign_id: saved?.campaign_id ?? '', name: saved?.name ?? '', channel_used: saved?.channel_used ?? '', date: saved?.date ?? '', currency: saved?.currency ?? (saved ? '' : currency) };
  for (const key of TEXTS) draft[key] = saved?.[key] ?? '';
  for (const key of NUMBERS) draft[key] = saved?.[key] == null ? '' : String(key === 'conversion_rate' ? Number((saved[key] * PERCENT).toFixed(6)) : saved[key]);
  return draft;
}

export function CampaignForm({ saved, onClose, onSaved }: { saved: AdCampaign | null; onClose: () => void; onSaved: (saved: AdCampaign) => void }) {
  const { t, session } = useApp();
  const words = useWords();
  const channels = useQuery<ChannelList>('/api/v1/channel-list');
  const { busy, error, run } = useAction();
  const [before] = useState(() => draftOf(saved, session.currency));
  const [draft, setDraft] = useState(before);
  const days = saved?.has_days ?? false;
  const wrong = wrongAt(error, ALL);
  const taken = error instanceof ApiError && error.status === 409;
  const said = (key: string) => (draft[key] ?? '').trim();
  const noNumber = (key: string) => (numberOf(said(key)) === undefined ? words.noNumber : undefined);
  const ready = said('campaign_id') !== '' && said('channel_used') !== '' && NUMBERS.every((key) => !noNumber(key));
  const body = () => {
    const out: Record<string, string | number | null> = {};
    for (const key of ALL) {
      if ((saved && said(key) === before[key]) || (saved && key === 'campaign_id') || (days && OF_DAYS.has(key))) continue;
      if (!saved && said(key) === '') continue;
      const number = (NUMBERS as readonly string[]).includes(key);
      if (key === 'acquisition_cost') out[key] = said(key) === '' ? null : said(key).replace(/[\s\u00A0\u202F]/g, '').replace(',', '.');
      else if (number) out[key] = said(key) === '' ? null : Number(((numberOf(said(key)) ?? 0) / (key === 'conversion_rate' ? PERCENT : 1)).toFixed(9));
      else out[key] = said(key) === '' ? null : said(key);
    }
    return out;
  };
  const save = async () => {
    let made: AdCampaign | null = null;
    const done = await run(async () => {
      made = saved ? await send<AdCampaign>('PUT', `/api/campaigns/${encodeURIComponent(saved.campaign_id)}`, body()) : await send<AdCampaign>('POST', '/api/campaigns/', body());
    });
    if (!done || !made) return;
    refresh('/api/');
    onSaved(made);
  };
  const field = (key: string, label: string, more: object = {}) => (
    <TextField key={key} label={label} value={draft[key] ?? ''} disabled={days && OF_DAYS.has(key)} onChange={(value) => setDraft({ ...draft, [key]: value })} error={wrong.at(key)} data-testid={`campaign-${key}`} {...more} />
  );
  const titles: Record<string, string> = { ...words.fields, status: words.fields.campaign_status };
  return (
    <Dialog side title={saved ? words.editCampaign(saved.name || saved.campaign_id) : words.newCampaign} onClose={onClose} testid="campaign-form">
      <form className="form" noValidate onSubmit={(event) => {
        event.preventDefault();
        if (ready && !busy) void save();
      }}>
        {days && <p className="faint">{words.ofDays}</p>}
        <div className="form-grid">
          {field('campaign_id', words.campaignId, { disabled: saved !== null, error: taken ? error.message : wrong.at('campaign_id'), maxLength: 200 })}
          {field('name', words.fields.campaign_name)}
          <Field label={words.channel} own error={wrong.at('channel_used')} help={words.channelFree}>
            {days ? <input className="input" value={draft.channel_used} disabled aria-label={words.channel} /> : <Combobox label={words.channel} value={draft.channel_used ?? ''} free options={(channels.data?.channels ?? []).map((one) => ({ value: one.name, label: one.name }))} onChange={(value) => setDraft({ ...draft, channel_used: value })} testid="campaign-channel_used" />}
          </Field>
          {field('date', words.date, { type: 'date' })}
          {NUMBERS.map((key) => field(key, key === 'conversion_rate' ? words.ratePercent : (titles[key] ?? key), { inputMode: 'decimal', error: wrong.at(key) ?? noNumber(key) }))}
          {field('currency', words.costCurrency, { maxLength: 8 })}
          {TEXTS.map((key) => field(key, titles[key] ?? key))}
        </div>
        {wrong.rest && !taken && <Problem error={wrong.rest} />}
        <div className="row end"><Button onClick={onClose}>{t.cancel}</Button><Button kind="main" type="submit" disabled={!ready || busy} data-testid="campaign-save">{busy ? t.saving : t.save}</Button></div>
      </form>
    </Dialog>
  );
}
