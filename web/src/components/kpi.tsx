import { Change, Hint, Link } from './ui';

interface Props {
  id: string;
  title: string;
  hint: string;
  short: string;
  exact: string;
  /** Why there is no number. */
  why?: string | undefined;
  change?: { share: number | null; before: string; goodWhenUp: boolean | null; title?: string } | undefined;
  pressed?: boolean;
  /** Where the number opens to the persons behind it. */
  href?: string | undefined;
  onPress?: () => void;
}

/** A number with its name, its meaning one hover away, and how it changed. */
export function Kpi({ id, title, hint, short, exact, why, change, pressed, href, onPress }: Props) {
  return (
    <div className="kpi" data-pressed={pressed || undefined} data-testid={`kpi-${id}`} data-exact={exact}>
      <div className="kpi-title">
        {onPress ? <button type="button" aria-pressed={pressed} onClick={onPress}>{title}</button> : <span>{title}</span>}
        <Hint text={hint} />
      </div>
      <div className="kpi-value" title={why ?? exact}>{href ? <Link href={href} className="people">{short}</Link> : short}</div>
      {change && <div className="kpi-change"><Change share={change.share} before={change.title ?? change.before} goodWhenUp={change.goodWhenUp} /><span className="faint">{change.before}</span></div>}
    </div>
  );
}
