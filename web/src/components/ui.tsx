/* The small parts: buttons, choices, hints, states. They draw what they are given. */
import { useEffect, useId, useLayoutEffect, useRef, useState, type ButtonHTMLAttributes, type ReactNode } from 'react';
import { useApp } from '../hooks/useApp';
import { visit } from '../hooks/useUrl';
import type { Query } from '../hooks/query';
import { Icon, type IconName } from './icon';

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & { [data: `data-${string}`]: string } & { kind?: 'plain' | 'main' | 'quiet' | 'danger'; icon?: IconName };

export function Button({ kind = 'plain', icon, children, className = '', ...rest }: ButtonProps) {
  return (
    <button type="button" className={`button ${kind} ${children ? '' : 'bare'} ${className}`} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A button that is only an icon: it must say what it does. */
export function IconButton({ label, icon, ...rest }: Omit<ButtonProps, 'children'> & { label: string; icon: IconName }) {
  return <Button kind="quiet" icon={icon} aria-label={label} title={label} {...rest} />;
}

export function Link({ href, children, ...rest }: { href: string; children: ReactNode } & React.AnchorHTMLAttributes<HTMLAnchorElement>) {
  return (
    <a
      href={href}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
        event.preventDefault();
        visit(href);
      }}
      {...rest}
    >
      {children}
    </a>
  );
}

export function Segmented<T extends string>({ label, value, options, onChange }: { label: string; value: T; options: { value: T; label: string; hint?: string }[]; onChange: (value: T) => void }) {
  return (
    <div className="segmented" role="group" aria-label={label}>
      {options.map((option) => (
        <button key={option.value} type="button" aria-pressed={option.value === value} title={option.hint} onClick={() => onChange(option.value)}>
          {option.label}
        </button>
      ))}
    </div>
  );
}

export function Select<T extends string>({ label, hint, value, options, onChange, showLabel = false, ...rest }: { label: string; hint?: string; value: T; options: { value: T; label: string }[]; onChange: (value: T) => void; showLabel?: boolean; 'data-testid'?: string }) {
  return (
    <label className="select">
      <span className={showLabel ? 'select-label' : 'unseen'}>{label}{hint && <Hint text={hint} />}</span>
      <select value={value} onChange={(event) => onChange(event.target.value as T)} {...rest}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>{option.label}</option>
        ))}
      </select>
    </label>
  );
}

const HINT_WIDTH = 260;

/** What a word means, one hover (or focus) away. */
export function Hint({ text }: { text: string }) {
  const [at, setAt] = useState<{ left: number; top: number } | null>(null);
  // Placed against the window: a table that scrolls inside itself would cut it off.
  const show = (element: HTMLElement) => {
    const { left, bottom } = element.getBoundingClientRect();
    setAt({ left: Math.max(8, Math.min(left - 12, innerWidth - HINT_WIDTH - 8)), top: bottom + 6 });
  };
  const hide = () => setAt(null);
  return (
    <span className="hint" tabIndex={0} role="note" aria-label={text} onPointerEnter={(event) => show(event.currentTarget)} onPointerLeave={hide} onFocus={(event) => event.currentTarget.matches(':focus-visible') && show(event.currentTarget)} onBlur={hide}>
      <Icon name="info" />
      {at && <span className="hint-text" aria-hidden="true" style={at}>{text}</span>}
    </span>
  );
}

/** Opens under its button; closes by Esc, by a click elsewhere and by its own content. */
export function Popover({ button, children, align = 'right', label }: { button: (props: { onClick: () => void; 'aria-expanded': boolean }) => ReactNode; children: (close: () => void) => ReactNode; align?: 'left' | 'right'; label: string }) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const outside = (event: PointerEvent) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    const escape = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      setOpen(false);
      box.current?.querySelector('button')?.focus();
    };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('keydown', escape, true);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('keydown', escape, true);
    };
  }, [open]);
  return (
    <div className="popover-box" ref={box}>
      {button({ onClick: () => setOpen(!open), 'aria-expanded': open })}
      {open && <div className={`popover ${align}`} role="dialog" aria-label={label}>{children(() => setOpen(false))}</div>}
    </div>
  );
}

/** A modal on the browser's own dialog: focus stays inside, Esc closes. `side` slides in from the edge. */
export function Dialog({ title, onClose, children, side = false, extra, testid }: { title: ReactNode; onClose: () => void; children: ReactNode; side?: boolean; extra?: ReactNode; testid?: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const { t } = useApp();
  // Layout: closed while it still stands in the page, it gives the focus back to where it was.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // Not the first hint of the title, which would open.
    element?.querySelector<HTMLElement>('[data-close]')?.focus();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={side ? 'drawer' : 'modal'}
      aria-labelledby={id}
      data-testid={testid}
      onCancel={(event) => {
        // Of this one, not of another that it opened.
        if (event.target !== event.currentTarget) return;
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === event.currentTarget && onClose()}
    >
      <div className="dialog-in">
        <header>
          <h2 id={id}>{title}</h2>
          {extra}
          <IconButton icon="close" label={t.close} onClick={onClose} data-close="" />
        </header>
        <div className="dialog-body">{children}</div>
      </div>
    </dialog>
  );
}

export function Panel({ title, hint, actions, children, testid, note }: { title: ReactNode; hint?: string; actions?: ReactNode; children: ReactNode; testid?: string; note?: ReactNode }) {
  return (
    <section className="panel" data-testid={testid}>
      <header className="panel-head">
        <h2>{title}{hint && <Hint text={hint} />}</h2>
        {note && <span className="panel-note">{note}</span>}
        {actions && <div className="panel-actions">{actions}</div>}
      </header>
      {children}
    </section>
  );
}

export const Skeleton = ({ height }: { height: number }) => <div className="skeleton" style={{ height }} aria-hidden="true" />;

export function Problem({ error, retry }: { error: Error; retry?: () => void }) {
  const { t } = useApp();
  return (
    <div className="problem" role="alert" data-testid="problem">
      <Icon name="alert" />
      <span>{error.message || t.networkError}</span>
      {retry && <Button onClick={retry} data-testid="retry">{t.retry}</Button>}
    </div>
  );
}

/** Keeps the place while it loads, dims what is stale, says what went wrong. */
export function Async<T>({ query, height, children }: { query: Query<T>; height: number; children: (data: T) => ReactNode }) {
  if (query.error && query.data === undefined) return <div className="async" style={{ minHeight: height }}><Problem error={query.error} retry={query.retry} /></div>;
  if (query.data === undefined) return <div className="async" aria-busy="true"><Skeleton height={height} /></div>;
  return (
    <div className="async" data-stale={query.stale || undefined} aria-busy={query.stale}>
      {query.error && <Problem error={query.error} retry={query.retry} />}
      {children(query.data)}
    </div>
  );
}

export function Empty({ title, children, testid }: { title: string; children?: ReactNode; testid?: string }) {
  return (
    <div className="empty" data-testid={testid ?? 'empty'}>
      <h3>{title}</h3>
      {children}
    </div>
  );
}

export function Copy({ text }: { text: string }) {
  const { t } = useApp();
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 1600);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <>
      <IconButton icon={done ? 'check' : 'copy'} label={done ? t.copied : t.copy} data-testid="copy" onClick={() => void navigator.clipboard.writeText(text).then(() => setDone(true))} />
      <span className="unseen" role="status">{done && t.copied}</span>
    </>
  );
}

export function Code({ text, testid }: { text: string; testid?: string }) {
  return (
    <div className="code">
      <pre data-testid={testid} tabIndex={0}>{text}</pre>
      <Copy text={text} />
    </div>
  );
}

export const Progress = ({ share, label }: { share: number; label: string }) => (
  <div className="progress" role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)}>
    <i style={{ width: `${Math.min(100, share * 100)}%` }} />
  </div>
);

export const Dot = ({ color }: { color: string }) => <i className="dot" style={{ background: color }} aria-hidden="true" />;

/** A change has a sign and a word; its colour is its meaning, not its direction (null: it has none). */
export function Change({ share, goodWhenUp = true, before }: { share: number | null; goodWhenUp?: boolean | null; before?: string }) {
  const { t, fmt } = useApp();
  if (share === null) return <span className="change">–</span>;
  const word = Math.abs(share) < 0.0005 ? t.same : share > 0 ? t.up : t.down;
  const meaning = Math.abs(share) < 0.0005 || goodWhenUp === null ? '' : share > 0 === goodWhenUp ? 'good' : 'bad';
  return <span className={`change ${meaning}`} title={before}>{fmt.change(share)} {word}</span>;
}
