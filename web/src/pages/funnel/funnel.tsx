/* Funnel: where people drop out. Below it the CRM's own funnel, whose numbers are those of the V10 routes. */
import { useMemo } from 'react';
import { address } from '../../api/client';
import type { Funnel, Names } from '../../api/types';
import { Async, Empty, Panel } from '../../components/ui';
import { useApp, useScope, type Scope } from '../../hooks/useApp';
import { useQuery } from '../../hooks/useQuery';
import { useUrl } from '../../hooks/useUrl';
import { CrmFunnel } from '../crm';
import { PageHead, Welcome } from '../shell';
import { Builder } from './builder';
import { FunnelPeople } from './people';
import { CRM_STEPS, useQuestion, usualSteps, wire } from './question';
import { Result } from './result';
import { Times } from './times';
import { Trend } from './trend';

const FUNNEL = '/api/v1/funnel';

export function FunnelPage() {
  const { t, session } = useApp();
  const scope = useScope();
  const names = useQuery<Names>('/api/v1/names');
  return (
    <>
      <PageHead title={t.pages.funnel} scope={scope} />
      {session.events === 0 ? <Welcome /> : (
        <>
          <Async query={names} height={400}>{(data) => <Report names={data} scope={scope} />}</Async>
          {names.data?.names.some((one) => CRM_STEPS.includes(one.name)) && <CrmFunnel />}
        </>
      )}
    </>
  );
}

function Report({ names, scope }: { names: Names; scope: Scope }) {
  const { t } = useApp();
  const { params } = useUrl();
  const usual = useMemo(() => usualSteps(names.names.map((one) => one.name)), [names]);
  const question = useQuestion(usual);
  const asked = wire(question, scope);
  const funnel = useQuery<Funnel>(question.steps.length < 2 ? null : address(FUNNEL, { ...asked, trend: question.trend, compare: scope.compare }));
  const people = params.get('people');
  if (question.steps.length < 2) return <Panel title={t.pages.funnel}><Empty title={t.noFunnel}><p>{t.noFunnelWhat}</p></Empty></Panel>;
  return (
    <>
      <div className="columns">
        <Builder names={names} question={question} />
        <Async query={funnel} height={400}>{(data) => <Result data={data} by={question.by} />}</Async>
      </div>
      {funnel.data && funnel.data.persons > 0 && (
        <Async query={funnel} height={0}>
          {(data) => <><Times data={data} />{data.trend && <Trend all={data.trend} step={question.trend} />}</>}
        </Async>
      )}
      {people && <FunnelPeople who={people} asked={asked} steps={question.steps} />}
    </>
  );
}
