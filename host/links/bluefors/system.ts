// A Bluefors-style control system, as its logs and its HTTP interface show it: temperatures, pressures, flow, valves, states.
//
// Temperatures come from the resistance bridge (a Model 372 with its scanner); channels have the numbers of Bluefors. Pressures follow the flow
// like the gauges of the UTS fridge (P2 on the still line exactly, P3 and P4 by a straight line through the campaign [C]). Vacuum, tank and
// service pressures, compressor data and valve patterns are scenario values. What must stay true: two readings at one moment are equal.

import { power } from '../../../protocol/sensors/elementary.ts';
import type { CryostatView } from '../../plant/cryostat/view.ts';
import { type Model372, powerWatts } from '../lake-shore/model-372.ts';

export interface Channel {
  number: number;
  /** Its name in paths of the HTTP interface. */
  key: string;
  /** 0 when the sensor has no reading. */
  kelvin: number;
  /** When that was measured, in virtual nanoseconds. */
  measuredNs: number;
  /** The last reading that was not 0, and its time. */
  lastKelvin: number;
  lastNs: number;
  /** Whether the channel is switched on at the bridge. */
  isEnabled: boolean;
  /** Whether the bridge measures it regularly, so that the last reading is up to date. */
  isRefreshed: boolean;
  ohms: number;
  /** The power in the sensor. */
  watts: number;
}

const channelKeys: Record<number, string> = { 1: 't50k', 2: 't4k', 4: 'tcp', 5: 'tstill', 6: 'tmixing' };

export class BlueforsSystem {
  readonly cryostat: CryostatView;
  private readonly bridge: Model372;

  constructor(cryostat: CryostatView, bridge: Model372) {
    this.cryostat = cryostat;
    this.bridge = bridge;
  }

  channels(): Channel[] {
    return this.bridge.inputs
      .filter(({ sensor }) => sensor !== undefined)
      .map((input) => ({ ...input, isRefreshed: this.bridge.isRefreshed(input) }))
      .map(({ id, kelvin, lastKelvin, lastNs, measuredNs, signal, isRefreshed }) => ({
        ...{ number: Number(id), key: channelKeys[Number(id)], kelvin, lastKelvin, lastNs, measuredNs, ohms: signal },
        ...{ isEnabled: this.bridge.settings('INSET', id)[0] === '1', isRefreshed },
        watts: powerWatts(signal),
      }));
  }

  get flowMillimolesPerSecond(): number {
    return this.cryostat.flowMolPerSecond * 1e3;
  }

  /** P1 … P6 in mbar: vacuum can, still line, condensing before and after the trap, tank, service. */
  pressures(): { label: string; millibar: number }[] {
    const flow = this.flowMillimolesPerSecond;
    const isCold = this.cryostat.temperatureKelvin('4K') < 20;
    const share = this.cryostat.condensedShare;
    // In the whole campaign the flow was proportional to P2 to the power of 0.676.
    const still = flow > 0 ? 0.02175 * power(flow / 0.606, 1 / 0.676) : 1e-3;
    const condensing = flow > 0 ? 290 + 433 * flow : 5;
    return [
      { label: 'P1', millibar: isCold ? 2e-6 : 5e-3 },
      { label: 'P2', millibar: still },
      { label: 'P3', millibar: condensing },
      { label: 'P4', millibar: condensing * 1.14 },
      // The mixture is in the tank when it is not in the unit.
      { label: 'P5', millibar: 6 + 700 * (1 - share) },
      { label: 'P6', millibar: 1.2 },
    ];
  }

  /** Valves, pumps, switches: 0 or 1. */
  states(): Record<string, number> {
    const { circulation, pulseTube, heatSwitch } = this.cryostat;
    const open = new Set(circulation ? [1, 4, 5, 9, 10, 11] : []);
    const valves = Array.from({ length: 21 }, (_, i) => [`v${i + 1}`, Number(open.has(i + 1))] as const);
    return {
      ...Object.fromEntries(valves),
      ...{ turbo1: Number(circulation), scroll1: Number(circulation), scroll2: 0, compressor: Number(circulation) },
      ...{ pulsetube: Number(pulseTube), 'hs-still': Number(heatSwitch), 'hs-mc': Number(heatSwitch), ext: 0 },
    };
  }

  /** The pulse tube's compressor. */
  compressor(): Record<string, number> {
    const runs = Number(this.cryostat.pulseTube);
    return {
      ...{ cparun: runs, cpastate: 3 * runs, cpaerr: 0, cpalp: 95 + 5 * (1 - runs), cpahp: runs ? 320 : 100 },
      ...{ cpatempwi: 17.5, cpatempwo: 17.5 + 9 * runs, cpatempo: 20 + 16 * runs, cpatemph: 20 + 55 * runs },
      ...{ cpacurrent: 17 * runs, cpahours: this.cryostat.timeNs / 3.6e12 },
    };
  }

  heaters(): Record<string, number> {
    const [sample, , still] = this.bridge.outputs;
    const volts = (output: typeof sample) => Math.sqrt(this.bridge.heatWatts(output) * output.ohms);
    return {
      ...{ a1_u: volts(sample), a1_r_htr: sample.ohms, a2_u: volts(still) },
      ...{ htr: this.bridge.heatWatts(sample), htr_range: sample.loop.range },
    };
  }
}
