/* One colour a channel, the same on every page. The names are CSS custom properties of styles/tokens.css, so that
 * light and dark each have their own shade. The hues are Okabe and Ito's and Paul Tol's, told apart by colour-blind
 * people; the unknown is grey. */

const KNOWN: Record<string, string> = {
  facebook: '--c1', google: '--c2', yandex: '--c3', tiktok: '--c4', telegram: '--c5', email: '--c6', paid_search: '--c7', instagram: '--c8',
  viber: '--c9', event: '--c10', paid_social: '--c11', 'google ads': '--c2', 'yandex direct': '--c3', 'telegram ads': '--c5', linkedin: '--c7', vk: '--c9', twitter: '--c10', pinterest: '--c11', meta: '--c1', direct: '--c0', unknown: '--c0', unattributed: '--c0', '': '--c0',
};
const PALETTE = ['--c1', '--c7', '--c2', '--c3', '--c4', '--c5', '--c8', '--c9', '--c10', '--c6', '--c11'];

/** A small stable hash (FNV-1a). */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

export function colorToken(key: string): string {
  const name = key.trim().toLowerCase();
  return KNOWN[name] ?? PALETTE[hash(name) % PALETTE.length] ?? '--c0';
}

export const channelColor = (key: string) => `var(${colorToken(key)})`;
/** Colours by place, for series that are no channels (models, groups of other kinds). */
export const seriesToken = (index: number) => PALETTE[index % PALETTE.length] ?? '--c0';
