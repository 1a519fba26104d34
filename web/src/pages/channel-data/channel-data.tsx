/* What the numbers of channels are made of: platforms and files, what belongs to what, rates and budgets, jobs. */
import type { ComponentType } from 'react';
import { useApp } from '../../hooks/useApp';
import { useUrl } from '../../hooks/useUrl';
import { CHANNELS_TABS } from '../../lib/texts/channels-tabs';
import '../../styles/channel-data.css';
import { ChannelsTabs } from '../channels-tabs';
import { PageHead } from '../shell';
import { CampaignsTab } from './campaigns';
import { ConnectorsTab } from './connectors';
import { ImportTab } from './import';
import { JobsTab } from './jobs';
import { MatchingTab } from './matching';
import { MoneyTab } from './money';

const TABS = { campaigns: CampaignsTab, matching: MatchingTab, money: MoneyTab, connectors: ConnectorsTab, import: ImportTab, jobs: JobsTab };
type TabName = keyof typeof TABS;

export function ChannelDataPage() {
  const { lang } = useApp();
  const { path } = useUrl();
  const tab = path.split('/')[2] ?? '';
  const name: TabName = tab in TABS ? (tab as TabName) : 'campaigns';
  const Tab: ComponentType = TABS[name];
  return (
    <>
      <PageHead title={CHANNELS_TABS[lang].names[name]} />
      <ChannelsTabs />
      <Tab />
    </>
  );
}
