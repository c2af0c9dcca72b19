// A device whose multiplexer executes a small table beside pulse programs, all of it over SMP, and a look at both from outside.

import type { Service } from '../../../host/board/multiplexer/multiplexer-module.ts';
import { recordWords } from '../../../host/board/sequencer/sequencer-module.ts';
import { configureCell, runRefresh, uploadTable, writeCell } from '../../../host/tools/smp/multiplexer.ts';
import { SequencerRecord } from '../../../protocol/q1/records.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import type { DeviceOptions } from '../../rig/device-options.ts';
import { PulseDevice } from '../../rig/pulse/pulse-device.ts';
import { second } from '../../rig/time.ts';
import { type TableText, tableBytes } from './table-bytes.ts';

const cellCount = 8;
/** Eight cells of one line, each served for 2 us every 100 us; settings by which they hold their value for 400 us. */
export const smallTable: TableText = {
  ...{ slotNs: 500, period: 200, switch: 0 },
  cells: Array.from({ length: cellCount }, (_, cell) => ({ cell, line: 0, bank: 0, service: 4 })),
  lines: [Array.from({ length: cellCount }, (_, cell): [number, number] => [cell * 25, cell])],
};
export const settings = { tolerance: 4, settled: 10_000_000 } as const;
/** `sequencers`: those whose pulses rely on cell 3. */
export async function refreshing(
  sequencers = 0,
  table: TableText = smallTable,
  options: DeviceOptions = {},
): Promise<PulseDevice> {
  const device = new PulseDevice(await DeviceUnderTest.running(options));
  device.board.runFor(second);
  for (const { cell } of table.cells) {
    await configureCell(device.client, cell, 'USED', 1);
    await configureCell(device.client, cell, 'TOLERANCE', settings.tolerance);
    await configureCell(device.client, cell, 'SETTLED', settings.settled);
    await writeCell(device.client, cell, 1 + cell);
  }
  if (sequencers !== 0) await configureCell(device.client, 3, 'SEQUENCERS', sequencers);
  await uploadTable(device.client, tableBytes(table));
  await runRefresh(device.client, true);
  return device;
}

/** Services, and when any of some markers was high: both on the board's clock, as a listener sees them. */
export class Witnessed {
  readonly services: Service[] = [];
  /** Times at which the markers of a sequencer changed. */
  private readonly changes: { timeNs: number; sequencer: number; levels: number }[] = [];

  constructor({ board }: PulseDevice) {
    board.multiplexer.listener = (service) => this.services.push(service);
    board.sequencers.listener = {
      kinds: [SequencerRecord.COMMIT],
      sink: (words, count) => {
        for (let at = 0; at < count * recordWords; at += recordWords)
          this.changes.push({
            timeNs: board.sequencers.releasedNs + (words[at + 2] >>> 0) + words[at + 3] * 2 ** 32,
            sequencer: (words[at] >>> 8) & 0xff,
            levels: (words[at + 4] >>> 16) & 15,
          });
      },
    };
  }

  /** Spans in which one of the markers was high. */
  windows(markers: number): [fromNs: number, toNs: number][] {
    let levels = 0;
    const spans: [number, number][] = [];
    for (const { timeNs, sequencer, levels: own } of [...this.changes].sort((a, b) => a.timeNs - b.timeNs)) {
      const before = (levels & markers) !== 0;
      levels = (levels & ~(15 << (4 * sequencer))) | (own << (4 * sequencer));
      const after = (levels & markers) !== 0;
      if (!before && after) spans.push([timeNs, Number.POSITIVE_INFINITY]);
      if (before && !after) spans[spans.length - 1][1] = timeNs;
    }
    return spans;
  }
}
