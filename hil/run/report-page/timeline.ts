// The timeline of a run: a row for each track, its name, its picture, and what it comes to in words. Pictures stretch with the page; texts do not.
//
// What must stay true: no colour says anything that a text does not say as well.

import type { Track } from '../../rig/scenario/chronicle-data.ts';
import { timeText, timeUnits } from '../../rig/time.ts';
import { amountText, escaped, numberText } from './markup.ts';

const WIDTH = 1000;
const HEIGHT = 32;
const TICKS_MOST = 6;
/** A state that takes less of the width than this, percent, has no room for its name. */
const NAMED_PERCENT = 7;
/** More than so many are only counted. */
const FAULTS_NAMED = 3;
const ENTRIES_MOST = 300;

/** What each track is, for a reader who has never seen one; the name is the beginning of a track's name. */
export const trackMeanings: readonly [name: string, meaning: string][] = [
  ['faults', 'What was broken on purpose, from when until when. A bar that reaches the end had not ended.'],
  ['done to the device', 'What the test bench did: power, resets, writing to flash.'],
  ['interlocks tripped', 'Protections of the firmware that have switched something off, until somebody clears them.'],
  ['events', 'What the firmware itself noticed and recorded.'],
  ['core', 'What the processor runs: the bootloader, the firmware in slot A or B, safe mode, or nothing.'],
  ['boots and resets', 'Each reset with its cause, and what the bootloader decided.'],
  [
    'slot',
    'Each slot of flash holds one firmware image. A new one is pending, then on trial, then confirmed or rejected.',
  ],
  ['heartbeats', 'The firmware says once a second that it is alive. A gap means that it was not.'],
  ['health', 'What the firmware thinks is wrong; "healthy" is nothing.'],
  ['temperature', 'True temperature of a stage of the cryostat. The chip sits at 4K; the qubits sit at MXC.'],
  ['outputs open', 'Outputs that may act: waveforms, heaters, multiplexer.'],
  ['rails on', 'Supply voltages that are switched on.'],
  ['flash', 'Sectors that were erased, and writes. Flash wears out with each erase.'],
  ['requests', 'What clients sent to the device.'],
  ['core busy', 'Cycles of the processor; the rest of the time it sleeps.'],
  ['pulses', 'Programs that were loaded into the pulse sequencers.'],
  ['sequencers busy', 'Pulse sequencers that play.'],
  ['readout windows', 'Measurements of a qubit that were integrated.'],
  ['multiplexer', 'The multiplexer keeps the voltages of many cells; each must be refreshed before its deadline.'],
];

export function timelineOf(tracks: readonly Track[], endNs: number): string {
  const rows = tracks.map((track) => rowOf(track, endNs));
  return `<div class="timeline" role="group" aria-label="Timeline over ${escaped(timeText(endNs))} of virtual time">
${axisOf(endNs)}
${rows.join('\n')}
</div>
${entriesOf(tracks)}`;
}

function rowOf(track: Track, endNs: number): string {
  const said = inWords(track);
  return `<div class="track"><span class="name">${escaped(track.name)}</span><span class="said">${escaped(said)}</span>
<div class="plot">${pictureOf(track, endNs)}</div></div>`;
}

/** What a track comes to. */
function inWords(track: Track): string {
  switch (track.kind) {
    case 'range': {
      const seen = track.bins.filter((bin) => bin !== null);
      const [least, most] = [Math.min(...seen.map(([low]) => low)), Math.max(...seen.map(([, high]) => high))];
      // Below a kelvin the field counts in millikelvins.
      const [scale, unit] = track.unit === 'K' && most < 1 ? [1000, 'mK'] : [1, track.unit];
      const [low, high] = [numberText(least * scale), numberText(most * scale)];
      return low === high ? `${low} ${unit}` : `${low} to ${high} ${unit}`;
    }
    case 'amount':
      return amountText(track.total, track.unit);
    case 'states':
      return `at the end: ${track.steps.at(-1)?.[1]}`;
    case 'marks':
      return count(track.marks.length + track.leftOut, 'entry', 'entries');
    case 'spans':
      return track.spans.length > FAULTS_NAMED
        ? `${track.spans.length} faults`
        : track.spans.map(([, , text]) => text).join(', ');
  }
}

const count = (number: number, one: string, many: string): string => `${number} ${number === 1 ? one : many}`;

const xOf = (timeNs: number, endNs: number): number =>
  Number(((WIDTH * Math.min(Math.max(timeNs, 0), endNs)) / Math.max(endNs, 1)).toFixed(1));

function pictureOf(track: Track, endNs: number): string {
  const x = (timeNs: number) => xOf(timeNs, endNs);
  switch (track.kind) {
    case 'range':
      return svg(track.name, rangePath(track, x));
    case 'amount':
      return svg(track.name, amountBars(track, x));
    case 'marks':
      return svg(
        track.name,
        track.marks
          .map(([timeNs, text]) => {
            const title = `<title>${escaped(`${timeText(timeNs)}: ${text}`)}</title>`;
            return `<path class="mark" d="M${x(timeNs)} 4V28">${title}</path>`;
          })
          .join(''),
      );
    case 'states': {
      const parts = track.steps.map(([from, state], index) => ({
        from,
        to: track.steps[index + 1]?.[0] ?? endNs,
        state,
      }));
      return segments(parts, endNs, (state) => toneOf(track.name, state));
    }
    case 'spans':
      return segments(
        track.spans.map(([from, to, text]) => ({ from, to: to ?? endNs, state: text })),
        endNs,
        () => 'fault',
      );
  }
}

const svg = (name: string, inside: string): string =>
  `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${escaped(name)}">${inside}</svg>`;

function rangePath({ bins, widthNs }: Extract<Track, { kind: 'range' }>, x: (ns: number) => number): string {
  const seen = bins.flatMap((bin, index) =>
    bin === null ? [] : [{ at: x((index + 0.5) * widthNs), low: bin[0], high: bin[1] }],
  );
  const least = Math.min(...seen.map(({ low }) => low));
  const most = Math.max(...seen.map(({ high }) => high));
  // Less than a thousandth is rest, and drawn as a flat line.
  const room = Math.max(most - least, Math.abs(most) * 1e-3);
  const middle = (most + least) / 2;
  const y = (value: number) => Number((HEIGHT / 2 - ((value - middle) / room) * (HEIGHT - 8)).toFixed(1));
  const over = seen.map(({ at, high }) => `${at} ${y(high)}`);
  const under = seen.map(({ at, low }) => `${at} ${y(low)}`).reverse();
  return `<path class="range" d="M${[...over, ...under].join('L')}Z"/>`;
}

function amountBars({ bins, widthNs }: Extract<Track, { kind: 'amount' }>, x: (ns: number) => number): string {
  const most = Math.max(...bins, 1);
  const bars = bins.flatMap((much, index) => {
    if (much === 0) return [];
    const [from, to] = [x(index * widthNs), x((index + 1) * widthNs)];
    const height = Math.max(3, (much / most) * (HEIGHT - 4)).toFixed(1);
    return [
      `M${from} ${HEIGHT - 2}V${(HEIGHT - 2 - Number(height)).toFixed(1)}H${Math.max(to, from + 1.5)}V${HEIGHT - 2}Z`,
    ];
  });
  return `<path class="amount" d="${bars.join('')}"/>`;
}

interface Segment {
  from: number;
  to: number;
  state: string;
}

/** Bars with their names in them. Those that overlap share the height. */
function segments(parts: readonly Segment[], endNs: number, toneOf: (state: string) => string): string {
  const lanes: number[] = [];
  const placed = parts.map((part) => {
    const free = lanes.findIndex((to) => to <= part.from);
    const lane = free < 0 ? lanes.length : free;
    lanes[lane] = part.to;
    return { ...part, lane };
  });
  const bars = placed.map(({ from, to, state, lane }) => {
    const left = xOf(from, endNs) / 10;
    const width = Math.max((xOf(to, endNs) - xOf(from, endNs)) / 10, 0.3);
    const place = `left:${left.toFixed(2)}%;width:${Math.min(width, 100 - left).toFixed(2)}%;top:calc(100%/${lanes.length}*${lane});height:calc(100%/${lanes.length})`;
    const title = `${timeText(from)} to ${timeText(to)}: ${state}`;
    return `<span class="bar ${toneOf(state)}" style="${place}" title="${escaped(title)}">${width >= NAMED_PERCENT ? escaped(state) : ''}</span>`;
  });
  return `<div class="bars" style="height:${Math.max(1.6, 1.5 * lanes.length)}rem">${bars.join('')}</div>`;
}

function toneOf(track: string, state: string): string {
  if (/^(none|off|unmarked)$/.test(state)) return 'rest';
  if (/^(healthy|firmware|confirmed)/.test(state)) return 'good';
  if (/^(bootloader|pending|trial)/.test(state)) return 'busy';
  if (track === 'health') return 'busy';
  return track === 'interlocks tripped' || /^(safe mode|halted|rejected)/.test(state) ? 'bad' : 'on';
}

/** Time steps of an axis, as a person counts them. */
const steps: readonly number[] = [
  ...[1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8].flatMap((size) => [size, 2 * size, 5 * size]),
  ...[1, 2, 5, 10, 20, 30].map((seconds) => seconds * timeUnits.s),
  ...[1, 2, 5, 10, 20, 30].map((minutes) => minutes * timeUnits.min),
  ...[1, 2, 6, 12].map((hours) => hours * timeUnits.h),
  ...[1, 2, 5, 10, 20, 50, 100].map((days) => days * timeUnits.d),
];

function axisOf(endNs: number): string {
  const step = steps.find((each) => endNs / each <= TICKS_MOST) ?? Number(steps.at(-1));
  const ticks = Array.from({ length: Math.floor(endNs / step) + 1 }, (_, index) => index * step);
  const labels = ticks.map((timeNs) => {
    const percent = xOf(timeNs, endNs) / 10;
    const side = percent > 90 ? ' class="last"' : '';
    return `<span${side} style="left:${percent.toFixed(2)}%">${escaped(timeNs === 0 ? '0' : timeText(timeNs))}</span>`;
  });
  return `<div class="track axis"><span class="name">virtual time</span><span class="said">${escaped(timeText(endNs))}</span>
<div class="plot">${labels.join('')}</div></div>`;
}

/** Everything that has a time and a text, in the order of time: the timeline for those who cannot see it, or want to read it. */
function entriesOf(tracks: readonly Track[]): string {
  const all = tracks.flatMap((track): [number, string, string][] => {
    const { name } = track;
    if (track.kind === 'marks') return track.marks.map(([timeNs, text]) => [timeNs, name, text]);
    if (track.kind === 'states') return track.steps.map(([timeNs, state]) => [timeNs, name, state]);
    if (track.kind !== 'spans') return [];
    return track.spans.flatMap(([from, to, text]): [number, string, string][] => [
      [from, name, `${text} begins`],
      ...(to === null ? [] : [[to, name, `${text} ends`] as [number, string, string]]),
    ]);
  });
  all.sort(([one], [other]) => one - other);
  const rows = all
    .slice(0, ENTRIES_MOST)
    .map(
      ([timeNs, name, text]) => `<li><b>${escaped(timeText(timeNs))}</b> <i>${escaped(name)}</i> ${escaped(text)}</li>`,
    );
  const more = all.length > ENTRIES_MOST ? `<li>… ${all.length - ENTRIES_MOST} more; see the log</li>` : '';
  return `<details class="fold"><summary>What happened, in words (${all.length})</summary><ol class="entries">${rows.join('')}${more}</ol></details>`;
}
