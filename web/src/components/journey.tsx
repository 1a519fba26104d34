import { useEffect, useRef } from 'react';
import type { Journey } from '../api/types';
import { useApp } from '../hooks/useApp';
import { hrefOf } from '../hooks/useUrl';
import { channelColor } from '../lib/color';
import { Dot, Link } from './ui';

/** One conversion and the touches that led to it, left to right, each with its share of the credit. */
export function JourneyRow({ journey, shown }: { journey: Journey; shown: string }) {
  const { t, fmt } = useApp();
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    // A long journey opens at the touch that it is shown for.
    const mine = list.current?.querySelector<HTMLElement>('.mine');
    if (list.current && mine) list.current.scrollLeft = Math.max(0, mine.offsetLeft - list.current.offsetLeft - 240);
  }, []);
  return (
    <li className="journey" data-testid="journey" data-person={journey.person} data-credit={journey.credit}>
      <div className="journey-head">
        <Link href={hrefOf(`/persons/${encodeURIComponent(journey.person)}`)} className="mono">{journey.person}</Link>
        <span className="faint">{fmt.instant(journey.at)}</span>
        <span className="journey-amount">{fmt.moneyExact(journey.amount)}</span>
        <span title={`${fmt.exact(journey.credit, 6)} · ${fmt.moneyExact(journey.credit_revenue)}`}>
          {t.credit} <b>{fmt.exact(journey.credit, 2)}</b> · {fmt.moneyExact(journey.credit_revenue)}
        </span>
      </div>
      <ol className="touches" ref={list} tabIndex={0} aria-label={t.touchesOf(journey.touches.length)}>
        {journey.touches.map((touch, index) => (
          <li
            key={index}
            className={touch.key === shown ? 'touch mine' : 'touch'}
            data-testid="journey-touch"
            data-weight={touch.weight}
            style={{ '--channel': channelColor(touch.platform || touch.key) } as React.CSSProperties}
            title={[touch.event, fmt.instant(touch.at), [touch.source, touch.medium, touch.campaign].filter(Boolean).join(' / '), touch.own ? t.ownTouch : ''].filter(Boolean).join('\n')}
          >
            <span className="touch-key"><Dot color="var(--channel)" />{touch.key || t.notSet}</span>
            <span className="touch-weight">{touch.weight > 0 ? fmt.percent(touch.weight) : '·'}</span>
            <span className="touch-bar"><i style={{ width: `${touch.weight * 100}%` }} /></span>
            <span className="faint">{fmt.instantShort(touch.at)}</span>
          </li>
        ))}
      </ol>
    </li>
  );
}
