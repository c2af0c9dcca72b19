// The live view of a controller in its fridge: stages with load and capacity, rails, heartbeat, slot, power, trips.
//
// It returns lines that fit the given width, from 40 columns up; bars only when there is room for them. Nothing here prints.

import { Reading } from '../../host/board/surroundings.ts';
import type { BoardView } from '../../host/board/view.ts';
import type { StageName } from '../../host/plant/cryostat/stages.ts';
import { nameOf } from '../../protocol/constants.ts';
import { Shed, shedTable } from '../../protocol/plant/budget.ts';
import { interlocksOf } from '../../protocol/plant/interlocks.ts';
import { Rail, railTable } from '../../protocol/plant/places.ts';
import { Beat } from '../../protocol/telemetry/heartbeat.ts';
import { paint, type Style, wrap } from '../terminal.ts';
import {
  clockText,
  healthText,
  momentText,
  placeText,
  slotName,
  stateText,
  temperatureText,
  wattsText,
} from '../words.ts';
import { beatOf, type WatchedFridge } from './fridge.ts';

const BAR_FROM_WIDTH = 64;

export function viewLines(board: BoardView, fridge: WatchedFridge, style: Style): string[] {
  const { width } = style;
  const lines = [
    `── ${fridge.name}, ${momentText(board.now)} `.padEnd(width, '─'),
    ...fridge.cryostat.stages.map((stage) => stageLine(fridge, stage, style)),
    ...folded(railsText(board), width),
    ...folded(heartbeatText(board), width),
    ...folded(powerLine(board), width),
  ];
  const trips = trippedNames(board);
  const last = trips.length === 0 ? 'no interlock is tripped' : `tripped: ${trips.join(', ')}`;
  const tone = trips.length === 0 ? 'dim' : 'red';
  return [...lines, ...folded(last, width).map((line) => paint(style, tone, line))];
}

function folded(text: string, width: number): string[] {
  return wrap(text, width, '  ').split('\n');
}

function stageLine({ cryostat }: WatchedFridge, stage: StageName, style: Style): string {
  // The same value as in `cryostat solve`, which has no random changes of load.
  const load = cryostat.loadWatts(stage) - cryostat.wanderWatts(stage);
  const capacity = cryostat.capacityWatts(stage);
  const kelvin = temperatureText(Math.max(1, Math.round(cryostat.temperatureKelvin(stage) * 1e6)));
  const numbers = `${wattsText(load)} of ${wattsText(capacity)}`;
  const { safeKelvin, limitKelvin } = cryostat.fridge.stages[cryostat.stages.indexOf(stage)];
  const now = cryostat.temperatureKelvin(stage);
  const tone = now > safeKelvin ? 'red' : now > limitKelvin ? 'yellow' : undefined;
  const text = `${stage.padEnd(6)}${kelvin.padStart(9)}  ${numbers.padEnd(20)}`;
  const line =
    style.width < BAR_FROM_WIDTH ? text.trimEnd() : `${text} ${bar(load / capacity, style.width - text.length - 1)}`;
  return tone ? paint(style, tone, line) : line;
}

/** Load as a share of capacity; full when it is more. */
function bar(share: number, width: number): string {
  const cells = Math.min(30, Math.max(4, width));
  const full = Math.round(Math.min(1, Math.max(0, share)) * cells);
  return '█'.repeat(full) + '░'.repeat(cells - full);
}

function railsText(board: BoardView): string {
  const rails = Array.from({ length: Rail.COUNT }, (_, rail) => {
    const millivolts = Math.floor(board.reading(Reading.RAIL_VOLTAGE + rail) / 1000);
    return `${placeText(railTable, rail)} ${millivolts === 0 ? 'off' : `${(millivolts / 1000).toFixed(2)} V`}`;
  });
  return `rails  ${rails.join(', ')}`;
}

function heartbeatText(board: BoardView): string {
  const beat = (word: number) => beatOf(board, word);
  if (board.state !== 'firmware') return `${board.state}: no heartbeat`;
  if (beat(Beat.VERSION) === 0 || beat(Beat.SEQUENCE) === 0) return 'no heartbeat yet';
  const slot = `slot ${slotName(beat(Beat.SLOT))} ${stateText(beat(Beat.SLOT_STATE))}`;
  return `heartbeat ${beat(Beat.SEQUENCE)}, ${slot}, ${healthText(beat(Beat.HEALTH))}`;
}

function powerLine(board: BoardView): string {
  const beat = (word: number) => beatOf(board, word);
  const shed = beat(Beat.SHED);
  const parts = [
    `power ${wattsText(beat(Beat.POWER_MICROWATTS) / 1e6)} of ${wattsText(beat(Beat.BUDGET_MICROWATTS) / 1e6)}`,
    ...(shed === Shed.NOTHING
      ? []
      : [`shed: ${(nameOf(shedTable, shed) ?? `${shed}`).toLowerCase().replaceAll('_', ' ')}`]),
    `clock on ${clockText(beat(Beat.REFERENCE))}`,
  ];
  return parts.join(', ');
}

function trippedNames(board: BoardView): string[] {
  return interlocksOf(beatOf(board, Beat.TRIPPED)).map(({ name }) => name);
}
