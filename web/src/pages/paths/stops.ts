/* Where a path may stand at a step, as the API writes it: event:NAME, other or end. */
import type { PathNode, Paths } from '../../api/types';
import type { Lang } from '../../lib/texts';
import { PATHS } from '../../lib/texts/paths';

export const stopOf = ({ kind, name }: PathNode) => (kind === 'event' ? `event:${name}` : kind);
/** The event of it, if it is one. */
export const eventOf = (stop: string) => (stop.startsWith('event:') ? stop.slice('event:'.length) : null);
export const nodeName = (lang: Lang, stop: string, direction: Paths['direction']) => eventOf(stop) ?? (stop === 'other' ? PATHS[lang].other : PATHS[lang].end[direction]);
