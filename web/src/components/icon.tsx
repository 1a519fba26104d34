/* Line icons on a 16 px grid, drawn for this page. */
const PATHS = {
  overview: 'M2.5 13.5h11M4 11V8M8 11V3.5M12 11V6',
  explore: 'M2.5 2.5v11h11M4.5 10.5l3-3.5 2.5 2 3.5-5',
  funnel: 'M2 3h12L9.5 8.5V13l-3-1.5v-3z',
  attribution: 'M3 3.5h3.5L8 8l-1.5 4.5H3M8 8h5.5M11 5.5 13.5 8 11 10.5',
  channels: 'M2 9.5v-3h2.5L10 3v10L4.5 9.5zM4.5 9.5l1 4h1.75M12 6a3 3 0 0 1 0 4',
  retention: 'M13 8a5 5 0 1 1-1.6-3.7M13.5 2v3h-3',
  paths: 'M2.5 8H5c3 0 3-4.5 6-4.5h2.5M5 8c3 0 3 4.5 6 4.5h2.5',
  data: 'M2.5 4c0-1 2.5-2 5.5-2s5.5 1 5.5 2-2.5 2-5.5 2-5.5-1-5.5-2zm0 0v8c0 1 2.5 2 5.5 2s5.5-1 5.5-2V4M2.5 8c0 1 2.5 2 5.5 2s5.5-1 5.5-2',
  close: 'M4 4l8 8M12 4l-8 8',
  plus: 'M8 3v10M3 8h10',
  left: 'M10 3.5 5.5 8l4.5 4.5',
  right: 'M6 3.5 10.5 8 6 12.5',
  up: 'M3.5 10 8 5.5l4.5 4.5',
  down: 'M3.5 6 8 10.5 12.5 6',
  info: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.5V11M8 5v.01',
  alert: 'M8 2 14.5 13.5h-13zM8 6.5V10M8 12v.01',
  check: 'M3 8.5 6.5 12 13 4.5',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  table: 'M2.5 3h11v10h-11zM2.5 6.5h11M2.5 10h11M6.5 6.5V13',
  chart: 'M2.5 13.5h11M4.5 11V8M8 11V4M11.5 11V6',
  download: 'M8 2.5v8M4.5 7.5 8 11l3.5-3.5M2.5 13.5h11',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM11 11l3 3',
  filter: 'M2.5 4h11M4.5 8h7M6.5 12h3',
  calendar: 'M2.5 3.5h11v10h-11zM2.5 6.5h11M5.5 2v3M10.5 2v3',
  keyboard: 'M1.5 4h13v8.5h-13zM4 6.75h.01M6.5 6.75h.01M9 6.75h.01M11.75 6.75h.01M4.5 10h7',
  light: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1',
  dark: 'M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5z',
  system: 'M2 3h12v8H2zM6 14h4M8 11v3',
  out: 'M6.5 2.5h-4v11h4M6.5 8H14M11 5l3 3-3 3',
  play: 'M5 3l8 5-8 5z',
  pause: 'M5.5 3v10M10.5 3v10',
  undo: 'M5.5 3 2.5 6l3 3M2.5 6H10a3.5 3.5 0 0 1 0 7H6',
  edit: 'M3 13l.5-3L11 2.5 13.5 5 6 12.5zM9.5 4 12 6.5',
  trash: 'M3 4.5h10M6 4.5v-2h4v2M4.5 4.5l.5 9h6l.5-9',
  person: 'M8 8a2.75 2.75 0 1 0 0-5.5A2.75 2.75 0 0 0 8 8zM2.5 14c.5-3 2.8-4.25 5.5-4.25S13 11 13.5 14',
  segment: 'M6 8a2.25 2.25 0 1 0 0-4.5A2.25 2.25 0 0 0 6 8zM1.5 13c.3-2.3 2-3.25 4.5-3.25s4.2.95 4.5 3.25M10.5 3.75a2.25 2.25 0 0 1 0 4M12 10c1.4.4 2.3 1.4 2.5 3',
  upload: 'M8 11V3M4.5 6 8 2.5 11.5 6M2.5 13.5h11',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
} as const;

export type IconName = keyof typeof PATHS;

export const Icon = ({ name }: { name: IconName }) => (
  <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
    <path d={PATHS[name]} />
  </svg>
);
