import type { EChartsType } from 'echarts/core';
import { useCallback, useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useCanvas, type Css, type Pointed } from './canvas';
import { TipBox, type Tip } from './chart';

export interface FlowNode {
  id: string;
  /** The column it stands in, from the left. */
  column: number;
  name: string;
  value: string;
  token: string;
}
export interface FlowLink { id: string; source: string; target: string; value: number }

interface Props {
  nodes: FlowNode[];
  links: FlowLink[];
  columns: number;
  /** The column that all begin at: seen first where not all fit; names stand on its other side. */
  first: 'left' | 'right';
  height: number;
  label: string;
  /** Of a node or a link, as onPick. */
  tip: (id: string) => Tip;
  onPick: (id: string) => void;
}

const COLUMN_MIN = 155;
const NODE_WIDTH = 10;
const LABEL_ROOM = 172;
const LETTER = 6.2; /* px, on average, of the small text */

const load = () => import('./echarts-sankey');

/** "Product Viewed  4,773"; a name too long for the room is cut, the number never. (Their own cutting puts what stands
 * on the left of a node too far from it.) */
function label(node: FlowNode | undefined, room: number): string {
  if (!node) return '';
  const letters = Math.max(6, Math.floor(room / LETTER) - node.value.length - 2);
  const name = node.name.length > letters ? `${node.name.slice(0, letters - 1)}…` : node.name;
  return `${name}  {value|${node.value}}`;
}

/** Bands between columns of nodes, as wide as what goes there. What is too wide scrolls inside itself. */
export function FlowChart({ nodes, links, columns, first, height, label: said, tip, onPick }: Props) {
  const scroll = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<{ node?: number; link?: number; x: number; y: number } | null>(null);
  const width = (columns - 1) * COLUMN_MIN + LABEL_ROOM;

  const over = (event: Pointed) => {
    const place = { x: event.event?.offsetX ?? 0, y: event.event?.offsetY ?? 0 };
    setAt(event.dataType === 'edge' ? { ...place, link: event.dataIndex } : { ...place, node: event.dataIndex });
  };
  const link = at?.link !== undefined ? links[at.link] : undefined;
  const node = at?.node !== undefined ? nodes[at.node] : undefined;
  const choose = (chosen: { id: string } | undefined) => {
    if (!chosen) return;
    setAt(null);
    onPick(chosen.id);
  };
  const option = useCallback(
    (css: Css, made: EChartsType) => {
      const named = new Map(nodes.map((node) => [node.id, node]));
      const room = Math.min(LABEL_ROOM, (made.getWidth() - LABEL_ROOM) / Math.max(1, columns - 1)) - NODE_WIDTH - 16;
      return {
        textStyle: { fontFamily: css('--font'), fontSize: 12, color: css('--ink') },
        series: [{
          type: 'sankey', top: 8, bottom: 8, ...(first === 'left' ? { left: 1, right: LABEL_ROOM } : { left: LABEL_ROOM, right: 1 }), nodeWidth: NODE_WIDTH, nodeGap: 18, nodeAlign: 'left', layoutIterations: 0, draggable: false,
          emphasis: { focus: 'adjacency', lineStyle: { opacity: 0.5 } },
          blur: { itemStyle: { opacity: 0.35 }, lineStyle: { opacity: 0.08 }, label: { opacity: 0.35 } },
          label: {
            position: first === 'left' ? 'right' : 'left', color: css('--ink'), textBorderColor: css('--panel'), textBorderWidth: 3, fontSize: 12, distance: 6,
            formatter: ({ name }: { name: string }) => label(named.get(name), room), rich: { value: { color: css('--ink-2'), textBorderColor: css('--panel'), textBorderWidth: 3, fontSize: 12 } },
          },
          data: nodes.map((node) => ({ name: node.id, depth: node.column, itemStyle: { color: css(node.token), borderWidth: 0 } })),
          links: links.map((link) => ({ ...link, lineStyle: { color: css(named.get(first === 'left' ? link.target : link.source)?.token ?? '--c0'), opacity: 0.3, curveness: 0.5 } })),
        }],
      };
    },
    [nodes, links, columns, first],
  );
  const { box, chart } = useCanvas(load, option, { over, leave: () => setAt(null), pick: (event) => choose((event.dataType === 'edge' ? links : nodes)[event.dataIndex]) });

  useEffect(() => {
    if (scroll.current) scroll.current.scrollLeft = first === 'right' ? scroll.current.scrollWidth : 0;
  }, [first, nodes]);

  const mark = (place: { dataType: 'node' | 'edge'; dataIndex: number } | null) => {
    if (!chart) return;
    chart.dispatchAction({ type: 'downplay', seriesIndex: 0 });
    if (place) chart.dispatchAction({ type: 'highlight', seriesIndex: 0, ...place });
  };
  const leave = () => {
    mark(null);
    setAt(null);
  };
  const inner = (band: FlowLink) => (first === 'left' ? band.source : band.target);
  const xOf = (id: string) => ((nodes.find((one) => one.id === id)?.column ?? 0) / Math.max(1, columns - 1)) * ((chart?.getWidth() ?? width) - LABEL_ROOM) + (first === 'left' ? 0 : LABEL_ROOM);
  const show = (x: number) => {
    if (scroll.current) scroll.current.scrollLeft = x - scroll.current.clientWidth / 2;
  };
  const toNode = (index: number) => {
    const chosen = nodes[index];
    if (!chosen) return;
    mark({ dataType: 'node', dataIndex: index });
    setAt({ node: index, x: xOf(chosen.id), y: 32 });
    show(xOf(chosen.id));
  };
  const toLink = (index: number) => {
    const band = links[index];
    if (!band) return;
    const x = (xOf(band.source) + xOf(band.target)) / 2;
    mark({ dataType: 'edge', dataIndex: index });
    setAt({ link: index, x, y: 32 });
    show(x);
  };
  /** Left and right: from node to node. Up and down: among the bands that go on from the node. */
  const walk = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' || event.key === 'ArrowDown' ? 1 : event.key === 'ArrowLeft' || event.key === 'ArrowUp' ? -1 : 0;
    if (event.key === 'Enter') {
      event.preventDefault(); // or it would press what has the focus then
      return choose(link ?? node);
    }
    if (!by || !chart || !nodes.length) return;
    event.preventDefault();
    event.stopPropagation();
    const near = node ?? (link && nodes.find((one) => one.id === inner(link)));
    const bands = event.key === 'ArrowDown' || event.key === 'ArrowUp' ? links.flatMap((one, index) => (near && inner(one) === near.id ? [index] : [])) : [];
    if (bands.length) {
      const place = at?.link === undefined ? (by > 0 ? -1 : bands.length) : bands.indexOf(at.link);
      return toLink(bands[Math.max(0, Math.min(bands.length - 1, place + by))] ?? 0);
    }
    const place = near ? nodes.indexOf(near) : by > 0 ? -1 : nodes.length;
    toNode(Math.max(0, Math.min(nodes.length - 1, link && by < 0 ? place : place + by)));
  };

  const shown = link ?? node;
  return (
    <div className="flow-scroll" ref={scroll}>
      <div className="chart" style={{ height, minWidth: width }}>
        <div ref={box} className="chart-canvas" role="img" aria-label={said} tabIndex={0} onKeyDown={walk} onBlur={leave} data-ready={chart ? '' : undefined} />
        {at && shown && <TipBox place={{ index: 0, x: at.x, y: at.y }} tip={tip(shown.id)} width={chart?.getWidth() ?? width} line={false} />}
      </div>
    </div>
  );
}
