/* A field of a form: its name, its control, what it is for, and what is wrong with what stands in it. */
import type { InputHTMLAttributes, ReactNode } from 'react';
import { Hint } from './ui';

interface FieldProps {
  label: ReactNode;
  help?: ReactNode;
  hint?: string;
  error?: string | undefined;
  children: ReactNode;
  /** The control says its own name: it is no plain input. */
  own?: boolean;
}

export function Field({ label, help, hint, error, children, own = false }: FieldProps) {
  const inner = (
    <>
      <span className="field-label" aria-hidden={own || undefined}>{label}{hint && <Hint text={hint} />}</span>
      {children}
      {error ? <span className="bad small" role="alert" data-testid="field-error">{error}</span> : help ? <span className="faint small">{help}</span> : null}
    </>
  );
  return own ? <div className="field">{inner}</div> : <label className="field">{inner}</label>;
}

type InputProps = Omit<FieldProps, 'children' | 'own'> & Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'value'> & { value: string; onChange: (value: string) => void; 'data-testid'?: string };

export function TextField({ label, help, hint, error, value, onChange, ...input }: InputProps) {
  return (
    <Field label={label} help={help} {...(hint ? { hint } : {})} error={error}>
      <input className="input" autoComplete="off" spellCheck={false} value={value} aria-invalid={error ? true : undefined} onChange={(event) => onChange(event.target.value)} {...input} />
    </Field>
  );
}
