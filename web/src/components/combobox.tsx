import { useId, useMemo, useRef, useState } from 'react';
import { useApp } from '../hooks/useApp';

export interface Option { value: string; label: string; note?: string }

interface Props {
  label: string;
  value: string;
  options: readonly Option[];
  onChange: (value: string) => void;
  placeholder?: string;
  /** Take also what is not in the list. */
  free?: boolean;
  onSearch?: (text: string) => void;
  testid?: string;
}

/** A text field with a list: type to search, arrows and Enter to choose. */
export function Combobox({ label, value, options, onChange, placeholder, free = false, onSearch, testid }: Props) {
  const { t } = useApp();
  const [text, setText] = useState<string | null>(null);
  const [at, setAt] = useState(0);
  const id = useId();
  const list = useRef<HTMLUListElement>(null);
  const settled = useRef(false);
  const open = text !== null;
  const found = useMemo(() => {
    const wanted = (text ?? '').trim().toLowerCase();
    return options.filter((option) => option.label.toLowerCase().includes(wanted)).slice(0, 60);
  }, [options, text]);

  const choose = (chosen: string | undefined) => {
    if (chosen !== undefined) onChange(chosen);
    setText(null);
  };
  /** Choose (or not) and leave the field; leaving must not choose again. */
  const settle = (chosen: string | undefined) => {
    settled.current = true;
    choose(chosen);
    (document.activeElement as HTMLElement | null)?.blur();
  };
  const move = (step: number) => {
    const next = Math.max(0, Math.min(found.length - 1, at + step));
    setAt(next);
    list.current?.children[next]?.scrollIntoView({ block: 'nearest' });
  };

  return (
    <div className="combobox">
      <input
        className="input"
        role="combobox"
        aria-label={label}
        aria-expanded={open}
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={open && found[at] ? `${id}-${at}` : undefined}
        placeholder={placeholder ?? label}
        data-testid={testid}
        autoComplete="off"
        spellCheck={false}
        value={text ?? options.find((option) => option.value === value)?.label ?? value}
        onFocus={(event) => {
          settled.current = false;
          setText('');
          setAt(0);
          event.target.select();
        }}
        onBlur={() => choose(free && !settled.current && text?.trim() ? text.trim() : undefined)}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
          onSearch?.(event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') move(1);
          else if (event.key === 'ArrowUp') move(-1);
          else if (event.key === 'Enter') settle(found[at]?.value ?? (free && text ? text.trim() : undefined));
          else if (event.key === 'Escape') settle(undefined);
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      {open && (
        <ul className="options" role="listbox" id={id} aria-label={label} ref={list}>
          {found.map((option, index) => (
            <li
              key={option.value}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === at}
              onPointerDown={(event) => {
                event.preventDefault();
                settle(option.value);
              }}
            >
              <span>{option.label}</span>
              {option.note && <span className="faint">{option.note}</span>}
            </li>
          ))}
          {!found.length && <li className="nothing" role="presentation">{t.nothingFound}</li>}
        </ul>
      )}
    </div>
  );
}
