/* The row of links that every page under Channels begins with. */
import { useEffect, useRef } from 'react';
import { Link } from '../components/ui';
import { useApp } from '../hooks/useApp';
import { hrefOf, useUrl } from '../hooks/useUrl';
import { CHANNELS_TABS } from '../lib/texts/channels-tabs';

type Name = keyof (typeof CHANNELS_TABS)['en']['names'];

/** In the order of the row. */
const TABS: { path: string; name: Name }[] = [
  { path: '/channels', name: 'dashboard' },
  { path: '/channels/campaigns', name: 'campaigns' },
  { path: '/channels/matching', name: 'matching' },
  { path: '/channels/money', name: 'money' },
  { path: '/channels/connectors', name: 'connectors' },
  { path: '/channels/import', name: 'import' },
  { path: '/channels/jobs', name: 'jobs' },
];

export function ChannelsTabs() {
  const { lang } = useApp();
  const { path } = useUrl();
  const row = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a narrow screen the row scrolls: the open one should be seen.
    row.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [path]);
  return (
    <nav ref={row} className="tabs" aria-label={CHANNELS_TABS[lang].row}>
      {TABS.map((one) => <Link key={one.path} href={hrefOf(one.path)} aria-current={one.path === path ? 'page' : undefined} data-testid={`tab-${one.name}`}>{CHANNELS_TABS[lang].names[one.name]}</Link>)}
    </nav>
  );
}
