import { useEffect, useEffectEvent } from 'react';

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/* Keys by what they print ("?"), or, for letters, by their place on the keyboard, so that D is D on a Russian one. */
function nameOf(event: KeyboardEvent): string {
  const letter = /^(?:Key|Digit)(.)$/.exec(event.code)?.[1];
  if (event.key === '?' || event.key === '/' ) return event.key;
  if (letter && !/^[0-9]$/.test(letter)) return letter.toLowerCase();
  if (event.code === 'Slash' && event.shiftKey) return '?';
  return letter ?? event.key;
}

/** Single keys for the whole page; not while one types, not with modifiers ("mod+k" is Ctrl or Cmd and K), not behind a dialog. */
export function useHotkeys(keys: Record<string, () => void>) {
  const press = useEffectEvent((event: KeyboardEvent) => {
    const modified = event.ctrlKey || event.metaKey;
    const name = (modified ? 'mod+' : '') + nameOf(event);
    const act = keys[name];
    if (!act || event.altKey || event.repeat) return;
    if (!modified && (typing(event.target) || document.querySelector('dialog[open]'))) return;
    event.preventDefault();
    act();
  });
  useEffect(() => {
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);
}
