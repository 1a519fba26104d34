import type { ReactNode } from 'react';
import type { FunnelStep } from '../api/types';
import { useApp } from '../hooks/useApp';
import { Dot, Link } from './ui';

interface Series { key: string; name: string; color: string; steps: FunnelStep[] }

/** Of a number of persons: those who reached a step (the first is 1), or who dropped out before it; `key` is a group. */
export interface Who { kind: 'reached' | 'dropped'; step: number; key?: string }

/** Steps from top to bottom; the width is the share of the first step, hatched what the step before had and this has not. */
export function FunnelBars({ steps, previous, series, href, open }: { steps: FunnelStep[]; previous?: FunnelStep[] | undefined; series: Series[]; href: (who: Who) => string; open: string }) {
  const { t, fmt } = useApp();
  const linked = (who: Who, count: number, content: ReactNode) => (count > 0 ? <Link href={href(who)} className="people" title={open} data-testid={`people-${who.kind}-${who.step}`}>{content}</Link> : content);
  const worst = steps.slice(1).reduce((at, step, index) => (step.from_previous < (steps[at]?.from_previous ?? 2) ? index + 1 : at), 0);
  return (
    <ol className="funnel" data-testid="funnel">
      {steps.map((step, index) => {
        const before = steps[index - 1];
        const lost = before ? before.persons - step.persons : 0;
        const old = previous?.[index];
        return (
          <li key={index} data-testid="funnel-step" data-name={step.name} data-persons={step.persons}>
            {before && (
              <div className="funnel-between">
                <span>↓ {t.goOn(fmt.percent(step.from_previous))}</span>
                <span className={index === worst ? 'drop worst' : 'drop'} title={index === worst ? t.worstStep : undefined}>{linked({ kind: 'dropped', step: index + 1 }, lost, t.dropOff(lost, fmt.exact(lost), fmt.percent(1 - step.from_previous)))}</span>
                {step.median_ms !== null && step.persons > 0 && <span className="faint">{t.medianStep(fmt.duration(step.median_ms))}</span>}
              </div>
            )}
            <div className="funnel-name">
              <span><b className="faint">{index + 1}</b> {step.name}</span>
              <span title={t.ofFirst}><b>{linked({ kind: 'reached', step: index + 1 }, step.persons, fmt.exact(step.persons))}</b> <span className="faint">{fmt.percent(step.from_first)}</span></span>
            </div>
            <div className="funnel-bar">
              <i className="was" style={{ width: `${(before?.from_first ?? step.from_first) * 100}%` }} />
              <i className="is" style={{ width: `${step.from_first * 100}%` }} />
              {old && <i className="old" style={{ left: `${old.from_first * 100}%` }} title={`${t.previousPeriod}: ${fmt.exact(old.persons)} · ${fmt.percent(old.from_first)}`} />}
            </div>
            {series.length > 0 && (
              <ul className="funnel-groups">
                {series.map((one) => {
                  const group = one.steps[index];
                  return group && (
                    <li key={one.key} title={`${one.name}: ${fmt.exact(group.persons)} · ${fmt.percent(group.from_first)}`}>
                      <span className="funnel-group-name"><Dot color={one.color} />{one.name}</span>
                      <span className="funnel-group-bar"><i style={{ width: `${group.from_first * 100}%`, background: one.color }} /></span>
                      <span className="funnel-group-number">{linked({ kind: 'reached', step: index + 1, key: one.key }, group.persons, fmt.percent(group.from_first))}</span>
                    </li>
                  );
                })}
              </ul>
            )}
          </li>
        );
      })}
    </ol>
  );
}
