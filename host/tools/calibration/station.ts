// All calibrations of a plan as a graph, and the bench that runs them on a device.
//
//   offset ─▶ output            of the sequencer that measures, over the first line
//     └────▶ mixer ─▶ gain ─▶ timing ─▶ resonator ─▶ threshold      per line; from resonator on per channel
//
// What must stay true: names are `kind-line`, `kind-channel` or `output-sequencer`; a run reads the record in force before it measures, because another client may have changed it.

import { encodeCalibration } from '../calibration-record.ts';
import { CalibrationGraph, type DeviceTime, type RunKind } from './graph.ts';
import { resonatorNode, thresholdNode } from './nodes/channel-nodes.ts';
import { gainNode, mixerNode, offsetNode, outputNode, timingNode } from './nodes/line-nodes.ts';
import { type CalibrationPlan, linesOf, nodeKinds } from './plan.ts';
import { calibrateOne, check, type Quantity } from './quantity.ts';
import { inForceEnd, type ReadoutBench } from './readout-bench.ts';
import type { RunReport } from './record.ts';
import type { Bench, CalibrationRecords, DeviceIdentity } from './session.ts';

const lineNodes = { offset: offsetNode, mixer: mixerNode, gain: gainNode, timing: timingNode };
const channelNodes = { resonator: resonatorNode, threshold: thresholdNode };

export function quantitiesOf(plan: CalibrationPlan): Quantity[] {
  const ofLines = linesOf(plan).flatMap((line) =>
    Object.entries(lineNodes).map(([kind, make]) => make(line, plan.timeoutNs[kind as keyof typeof lineNodes])),
  );
  const ofChannels = plan.channels.flatMap((channel) =>
    Object.entries(channelNodes).map(([kind, make]) =>
      make(channel, plan.timeoutNs[kind as keyof typeof channelNodes]),
    ),
  );
  const [first] = linesOf(plan);
  const output = first === undefined ? [] : [outputNode(first, plan.timeoutNs.output)];
  return [...ofLines, ...output, ...ofChannels];
}

export const graphOf = (quantities: readonly Quantity[]): CalibrationGraph => new CalibrationGraph(quantities);

/** The nodes that a person means: all ends of the graph, those of a kind, or one. Throws a GraphError that lists what there is. */
export function rootsOf(graph: CalibrationGraph, wanted?: string): string[] {
  if (wanted === undefined) {
    const needed = new Set(graph.order.flatMap((name) => graph.node(name).dependsOn));
    return graph.order.filter((name) => !needed.has(name));
  }
  if ((nodeKinds as readonly string[]).includes(wanted))
    return graph.order.filter((name) => name.startsWith(`${wanted}-`));
  return [graph.node(wanted).name];
}

/** Runs nodes on a device. `records`: what was calibrated before on it. */
export class Station implements Bench {
  readonly identity: DeviceIdentity;
  readonly now: () => Promise<DeviceTime>;
  private readonly quantities: Map<string, Quantity>;
  private readonly plan: CalibrationPlan;
  private readonly readout: ReadoutBench;
  private readonly records: CalibrationRecords;

  constructor(
    quantities: readonly Quantity[],
    plan: CalibrationPlan,
    readout: ReadoutBench,
    records: CalibrationRecords,
    device: { identity: DeviceIdentity; now: () => Promise<DeviceTime> },
  ) {
    this.quantities = new Map(quantities.map((each) => [each.name, each]));
    this.plan = plan;
    this.readout = readout;
    this.records = records;
    this.identity = device.identity;
    this.now = device.now;
  }

  async run(node: string, kind: RunKind): Promise<RunReport> {
    const quantity = this.quantities.get(node);
    if (!quantity) throw new Error(`the plan has no calibration ${node}`);
    const { readout, records, plan } = this;
    const bench: ReadoutBench = {
      measure: (tone) => readout.measure(tone),
      corrections: () => readout.corrections(),
      inForce: () => readout.inForce(),
      store: (record) => {
        records.noteStore(inForceEnd(encodeCalibration(record)));
        return readout.store(record);
      },
    };
    const situation = {
      ...{ bench, plan, record: await readout.corrections() },
      before: this.before(node),
    };
    return kind === 'check' ? check(quantity, situation) : calibrateOne(quantity, situation);
  }

  inForce = (): Promise<string> => this.readout.inForce();

  private before(node: string): Readonly<Record<string, number>> | undefined {
    const isIt = (record: { node: string; verdict: string }) => record.node === node && record.verdict === 'in_spec';
    return this.records.of(this.identity).findLast(isIt)?.results;
  }
}
