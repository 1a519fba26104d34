/* A person's events as visits, by the server's rule (src/measure/session.h): a visit ends after 30 idle minutes, or with an
 * event that says where it came from and says another thing than the visit's first. (The server looks at nine dimensions
 * of the touch; a timeline has four.) */

export const IDLE_MS = 30 * 60_000;

interface Event { at: string; platform: string; source: string; medium: string; campaign: string }

const tuple = (event: Event) => JSON.stringify([event.platform, event.source, event.medium, event.campaign]);
const saysNothing = (event: Event) => !event.source && !event.medium && !event.campaign;

/** `events` by time. */
export function visitsOf<E extends Event>(events: readonly E[]): E[][] {
  const visits: E[][] = [];
  let first: E | undefined;
  let last: E | undefined;
  for (const event of events) {
    const goesOn = first && last && Date.parse(event.at) - Date.parse(last.at) <= IDLE_MS && (saysNothing(event) || tuple(event) === tuple(first));
    if (goesOn) visits.at(-1)?.push(event);
    else {
      visits.push([event]);
      first = event;
    }
    last = event;
  }
  return visits;
}
