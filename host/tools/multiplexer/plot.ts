// A table as a drawing: the whole period of each line, its first services enlarged, and how much of its deadline each cell uses.
//
// Plain SVG, no script, no font but the viewer's own. What must stay true: the same table gives the same bytes.

import type { MuxProblem } from './problem.ts';
import type { MuxTable } from './table.ts';

const WIDTH = 960;
const LEFT = 70;
const RIGHT = 24;
const INNER = WIDTH - LEFT - RIGHT;
const LANE = 30;
const BAR_HEIGHT = 150;
/** Services that the enlarged part shows of each line. */
const DETAIL_SERVICES = 24;
/** Told apart by people who see colours differently (Okabe and Ito). */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#555555', '#8a6d00'];
const INK = '#1f2933';

interface Stretch {
  fromSlot: number;
  toSlot: number;
}

export function tablePlot(table: MuxTable, problem: MuxProblem): string {
  const parts: string[] = [];
  let top = 52;
  const panel = (title: string, stretch: Stretch, hasNames: boolean) => {
    parts.push(words(LEFT, top - 8, title, 'start', INK, 600), ...lanes(table, problem, stretch, top, hasNames));
    top += table.lines.length * LANE + 62;
  };
  panel('One period', { fromSlot: 0, toSlot: table.periodSlots }, false);
  panel('The first services, enlarged', detailOf(table), true);
  parts.push(...margins(table, top));
  const height = top + BAR_HEIGHT + 60;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="12">
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
${words(LEFT, 22, `${table.name}: ${table.cells.length} cells on ${table.lines.length} lines, period ${timeText(table.periodSlots * table.slotNs)}`, 'start', INK, 600, 15)}
${parts.join('\n')}
</svg>
`;
}

/** From the first service of any line on, as long as a few services take. */
function detailOf(table: MuxTable): Stretch {
  const starts = table.lines.filter((line) => line.length > 0);
  const fromSlot = Math.min(...starts.map((line) => line[0].startSlot));
  const ends = starts.map((line) => {
    const last = line[Math.min(DETAIL_SERVICES, line.length) - 1];
    return last.startSlot + table.cells[last.cell].serviceSlots;
  });
  return { fromSlot: Math.max(0, fromSlot - table.switchSlots), toSlot: Math.max(...ends) };
}

function lanes(table: MuxTable, problem: MuxProblem, stretch: Stretch, top: number, hasNames: boolean): string[] {
  const { fromSlot, toSlot } = stretch;
  const scale = INNER / (toSlot - fromSlot);
  const xOf = (slot: number) => LEFT + (Math.min(Math.max(slot, fromSlot), toSlot) - fromSlot) * scale;
  const bottom = top + table.lines.length * LANE;
  const parts = [
    `<rect x="${LEFT}" y="${top}" width="${INNER}" height="${bottom - top}" fill="#f8fafc" stroke="#c9d2da"/>`,
    ...reserved(table, problem, stretch, xOf, top, bottom - top),
  ];
  table.lines.forEach((entries, line) => {
    const y = top + line * LANE;
    parts.push(words(LEFT - 8, y + LANE / 2 + 4, `line ${line}`, 'end'));
    for (const { startSlot, cell } of entries) {
      const { name, bank, serviceSlots } = table.cells[cell];
      if (startSlot + serviceSlots < fromSlot || startSlot > toSlot) continue;
      const x = xOf(startSlot);
      const width = Math.max(0.8, xOf(startSlot + serviceSlots) - x - (hasNames ? 0.6 : 0));
      parts.push(box(x, y + 5, width, LANE - 10, colours[bank % colours.length], name));
      if (hasNames && width > 7 * name.length + 4)
        parts.push(words(x + width / 2, y + LANE / 2 + 4, name, 'middle', '#ffffff'));
    }
  });
  const banks = [...new Set(table.cells.map(({ bank }) => bank))].sort((a, b) => a - b);
  if (hasNames) {
    banks.slice(0, 8).forEach((bank, i) => {
      parts.push(box(LEFT + 90 * i, bottom + 26, 10, 10, colours[bank % colours.length], ''));
      parts.push(words(LEFT + 90 * i + 14, bottom + 35, `bank ${bank}`, 'start'));
    });
  } else if (problem.windows.length > 0) {
    parts.push(box(LEFT, bottom + 26, 10, 10, '#d5dde5', ''), words(LEFT + 14, bottom + 35, 'reserved', 'start'));
  }
  for (let tick = 0; tick <= 4; tick++) {
    const slot = fromSlot + ((toSlot - fromSlot) * tick) / 4;
    const anchor = tick === 0 ? 'start' : tick === 4 ? 'end' : 'middle';
    parts.push(words(xOf(slot), bottom + 15, timeText(slot * table.slotNs), anchor, '#66717c'));
  }
  return parts;
}

function reserved(
  { slotNs, periodSlots }: MuxTable,
  { windows }: MuxProblem,
  { fromSlot, toSlot }: Stretch,
  xOf: (slot: number) => number,
  y: number,
  height: number,
): string[] {
  const parts: string[] = [];
  for (const { name, periodNs, offsetNs, lengthNs } of windows) {
    // Windows closer than the eye can tell apart would only make the file large.
    if (((toSlot - fromSlot) * slotNs) / periodNs > INNER) continue;
    for (let from = offsetNs - periodNs; from < periodSlots * slotNs; from += periodNs) {
      const [x, end] = [xOf(from / slotNs), xOf((from + lengthNs) / slotNs)];
      if (end > x) parts.push(box(x, y, end - x, height, '#d5dde5', name));
    }
  }
  return parts;
}

function margins(table: MuxTable, top: number): string[] {
  const cells = [...table.cells].sort(
    (a, b) => b.largestGapSlots / b.deadlineSlots - a.largestGapSlots / a.deadlineSlots || a.number - b.number,
  );
  const width = INNER / cells.length;
  const bottom = top + BAR_HEIGHT;
  const parts = [words(LEFT, top - 8, 'Largest gap of each cell, in percent of its deadline', 'start', INK, 600)];
  for (const percent of [0, 50, 100]) {
    const y = bottom - (percent / 110) * BAR_HEIGHT;
    const colour = percent === 100 ? '#c81e1e' : '#e3e8ec';
    parts.push(`<path d="M${LEFT} ${y.toFixed(1)}H${WIDTH - RIGHT}" stroke="${colour}"/>`);
    parts.push(words(LEFT - 8, y + 4, `${percent} %`, 'end'));
  }
  cells.forEach(({ name, bank, largestGapSlots, deadlineSlots }, i) => {
    const height = (largestGapSlots / deadlineSlots / 1.1) * BAR_HEIGHT;
    const hover = `${name}: ${largestGapSlots} of ${deadlineSlots} slots`;
    const bar = Math.min(24, Math.max(0.5, width - 1));
    parts.push(box(LEFT + i * width, bottom - height, bar, height, colours[bank % colours.length], hover));
    if (width >= 7 * name.length) parts.push(words(LEFT + i * width + bar / 2, bottom + 15, name, 'middle'));
  });
  const tight = cells[0];
  const margin = (100 * tight.largestGapSlots) / tight.deadlineSlots;
  parts.push(words(LEFT, bottom + 36, `Tightest: ${tight.name}, ${margin.toFixed(1)} %`, 'start', '#66717c'));
  return parts;
}

function box(x: number, y: number, width: number, height: number, fill: string, hover: string): string {
  const size = `x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}"`;
  return hover === ''
    ? `<rect ${size} fill="${fill}"/>`
    : `<rect ${size} fill="${fill}"><title>${escaped(hover)}</title></rect>`;
}

function words(
  x: number,
  y: number,
  text: string,
  anchor: string,
  colour = '#333333',
  weight = 400,
  size = 12,
): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="${colour}" font-weight="${weight}" font-size="${size}">${escaped(text)}</text>`;
}

export function timeText(ns: number): string {
  const [unit, unitNs] = ns >= 1e9 ? ['s', 1e9] : ns >= 1e6 ? ['ms', 1e6] : ns >= 1e3 ? ['us', 1e3] : ['ns', 1];
  return `${Number((ns / (unitNs as number)).toPrecision(4))} ${unit}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
