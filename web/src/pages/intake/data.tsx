/* Data: what comes in, from where, and what did not pass. */
import { useEffect, useRef } from 'react';
import { Link } from '../../components/ui';
import { useApp } from '../../hooks/useApp';
import { hrefOf } from '../../hooks/useUrl';
import { PageHead } from '../shell';
import { ImportsTab } from './imports';
import { LiveTab } from './live';
import { RejectsTab } from './rejects';
import { RulesTab } from './rules';
import { SourcesTab } from './sources';

const TABS = { sources: SourcesTab, live: LiveTab, imports: ImportsTab, rejects: RejectsTab, rules: RulesTab };
type TabName = keyof typeof TABS;

export function DataPage({ rest: tab }: { rest: string }) {
  const { t } = useApp();
  const name: TabName = tab in TABS ? (tab as TabName) : 'sources';
  const Tab = TABS[name];
  const tabs = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a narrow screen the tabs scroll: the open one should be seen.
    tabs.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [name]);
  return (
    <>
      <PageHead title={t.pages.data} tab={`${t.tabs[name]} · ${t.pages.data}`} />
      <nav ref={tabs} className="tabs" aria-label={t.pages.data}>
        {(Object.keys(TABS) as TabName[]).map((one) => (
          <Link key={one} href={hrefOf(`/data/${one}`)} aria-current={one === name ? 'page' : undefined} data-testid={`tab-${one}`}>{t.tabs[one]}</Link>
        ))}
      </nav>
      <Tab />
    </>
  );
}
