import { useId, useLayoutEffect, useRef, useState } from 'react';
import { useApp } from '../hooks/useApp';

export interface Command { id: string; group: string; title: string; key?: string; run: () => void }

/** Every command by its name: type, arrows, Enter. */
export function Palette({ commands, onClose }: { commands: Command[]; onClose: () => void }) {
  const { t } = useApp();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = commands.filter((command) => words.every((word) => `${command.group} ${command.title}`.toLowerCase().includes(word)));
  const run = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    command.run();
  };
  const move = (step: number) => {
    const next = (at + step + found.length) % Math.max(1, found.length);
    setAt(next);
    document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: 'nearest' });
  };
  return (
    <dialog
      ref={dialog}
      className="modal palette"
      aria-label={t.palette}
      data-testid="palette"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === event.currentTarget && onClose()}
    >
      <input
        className="palette-input"
        role="combobox"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={`${id}-${at}`}
        aria-label={t.palette}
        placeholder={t.paletteHint}
        value={text}
        data-testid="palette-input"
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') move(1);
          else if (event.key === 'ArrowUp') move(-1);
          else if (event.key === 'Enter') run(found[at]);
          else return;
          event.preventDefault();
        }}
      />
      <ul role="listbox" id={id} aria-label={t.palette}>
        {found.map((command, index) => (
          <li key={command.id} id={`${id}-${index}`} role="option" aria-selected={index === at} onPointerMove={() => setAt(index)} onClick={() => run(command)}>
            <span className="faint">{command.group}</span>
            <span>{command.title}</span>
            {command.key && <kbd>{command.key}</kbd>}
          </li>
        ))}
        {!found.length && <li className="nothing">{t.nothingFound}</li>}
      </ul>
    </dialog>
  );
}
