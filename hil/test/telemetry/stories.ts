// What happens in each fault run of protocol/telemetry/fault-runs.ts, on an emulated board.

import { gatewayRecordSamples } from '../../../host/telemetry/gateway-record-samples.ts';
import { bufferSamples, commandSamples, ingestSamples } from '../../../host/telemetry/gateway-samples.ts';
import type { Sample } from '../../../host/telemetry/sample.ts';
import { openFridge } from '../../../host/tools/open-fridge.ts';
import { openReadout } from '../../../host/tools/readout/open-readout.ts';
import { selfTest } from '../../../host/tools/smp/readout.ts';
import type { TelemetryBody } from '../../../host/tools/telemetry/envelope.ts';
import { OUTPUTS } from '../../../protocol/generated/registers.ts';
import type { GatewayKindName } from '../../../protocol/telemetry/gateway-kinds.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { firmwareImage } from '../../rig/images.ts';
import { second } from '../../rig/time.ts';
import { WiredCryostat } from '../../rig/wiring.ts';
import { PlantBench } from '../cryo/plant-bench.ts';
import { causes, overload } from '../cryo/trip-and-clear.ts';
import { ReadingBench } from '../faults/reading-bench.ts';
import { refreshing } from '../multiplexer/on-board.ts';
import { type Course, CRYOSTAT, devices, type GatewayStory, listen, play, type Said } from './story.ts';

/** Of all runs. */
export const SECONDS = 180;
/** When something happens. */
const AT = 60;

async function inFridge(): Promise<DeviceUnderTest> {
  const device = await DeviceUnderTest.running({
    surroundings: () => new WiredCryostat(openFridge('uts'), { seed: 1, drift: false }),
  });
  device.run(10 * second);
  return device;
}

const withFaults =
  (...faults: string[]) =>
  async (): Promise<Said> => {
    const device = await inFridge();
    return listen(device, SECONDS, {
      [AT]: () => {
        for (const fault of faults) device.fault(fault);
      },
    });
  };

/** An interlock, by what makes it trip. */
const withCause = (name: string) => async (): Promise<Said> => {
  const plant = await PlantBench.up();
  return listen(plant.device, SECONDS, { [AT]: () => causes[name].happens(plant) });
};

/** More than the plate can carry away, for ten seconds. */
async function overBudget(): Promise<Said> {
  const plant = await PlantBench.up();
  const overloaded = () => overload(plant, 1);
  return listen(
    plant.device,
    SECONDS,
    Object.fromEntries(Array.from({ length: 10 }, (_, passed) => [AT + passed, overloaded])),
  );
}

/** An image that hangs is tried, reverted and tried again. */
const revertedUpdates = (times: number) => async (): Promise<Said> => {
  const device = await inFridge();
  const image = await firmwareImage('1.1.0', 'firmware/defects/hangs.ts');
  const attempt = async () => {
    await device.testImage(await device.upload(image));
  };
  return listen(
    device,
    SECONDS,
    Object.fromEntries(Array.from({ length: times }, (_, time) => [AT + 35 * time, attempt])),
  );
};

/** A calibrated channel is measured on and on, and the amplifier behind it gets noisy. Two runs have it. */
let noisy: Promise<Said> | undefined;
const noisyAmplifier = (): Promise<Said> => {
  noisy ??= hearNoisyAmplifier();
  return noisy;
};
async function hearNoisyAmplifier(): Promise<Said> {
  const bench = await ReadingBench.calibrated();
  await bench.measure();
  return listen(bench.device, SECONDS, {
    [AT]: () => {
      for (const part of bench.chain.lines[0].path) if ('noiseKelvin' in part) part.noiseKelvin *= 10;
    },
  });
}

/** A converter gets noisy, and is tested ten times. */
async function noisyConverter(): Promise<Said> {
  const chain = structuredClone(openReadout('uts'));
  const wired = new WiredCryostat(openFridge('uts'), { seed: 1, drift: false, readout: chain });
  const device = await DeviceUnderTest.running({ surroundings: () => wired });
  device.run(10 * second);
  const test = async () => {
    await selfTest(device.client(), 0);
  };
  const tests = Array.from({ length: 10 }, (_, time) => [AT + 5 + 10 * time, test] as const);
  return listen(device, SECONDS, {
    [AT]: () => {
      chain.lines[0].converter.thermalCodes *= 4;
    },
    ...Object.fromEntries(tests),
  });
}

async function closedMultiplexer(): Promise<Said> {
  const { board } = await refreshing();
  const device = new DeviceUnderTest(board);
  const close = () => board.machine.poke(OUTPUTS, 'DISABLE', OUTPUTS.registers.DISABLE.fields.MULTIPLEXER.mask);
  return listen(device, SECONDS, { [AT]: close });
}

async function jitteringSelfTest(): Promise<Said> {
  const device = await inFridge();
  return listen(device, SECONDS, {
    [AT]: () => {
      for (const reference of ['primary', 'secondary']) device.fault(`timing-jitter at ${reference} 5ps`);
    },
    [AT + 5]: async () => {
      await selfTest(device.client(), 0);
    },
  });
}

async function powerCut(): Promise<Said> {
  const device = await inFridge();
  return listen(device, SECONDS, { [AT]: () => device.cutPower() });
}

interface Story {
  /** What happens to the first device happens to all five. */
  isEverywhere?: true;
  /** What the first device says; a healthy one when left out. */
  board?: () => Promise<Said>;
  gateway?: GatewayStory;
}

const commands = (seconds: number, error?: string): GatewayStory => ({
  own: (at) =>
    ['ctl-1', 'ctl-2', 'ctl-3', 'ctl-4', 'ctl-5'].flatMap((device) =>
      commandSamples({
        cryostat: CRYOSTAT,
        device,
        method: 'state',
        seconds: at < AT ? 0.012 : seconds,
        ...(at >= AT && error !== undefined && { error }),
      }),
    ),
});

/** What a record of the gateway says. */
const ofGateway = (at: number, kind: GatewayKindName, body: TelemetryBody): Sample[] =>
  gatewayRecordSamples({
    ...{ schema: 1, device: 'gateway', cryostat: CRYOSTAT, boot: 1, sequence: at, class: 'critical', kind, body },
    ...{ deviceTimeNs: 0n, receiveTimeNs: BigInt(at) * 1_000_000_000n },
  });

/** The gateway sees that a client has claimed the readout of the first device, and that it has it yet. */
function claimed(at: number): Sample[] {
  const about = { of: devices[0], ofCryostat: CRYOSTAT, because: 'CLAIM' };
  if (at < AT - 5 || (at - AT + 5) % 60 !== 0) return [];
  return ofGateway(at, 'calibration', { ...about, state: at === AT - 5 ? 'begun' : 'lasts' });
}

export const stories: Readonly<Record<string, Story>> = {
  'nothing happens': {},
  'a regulator warms the 4K plate': { board: withFaults('thermal-rise at 4K 200mW') },
  'a line loses 6 dB': { board: withFaults('signal-drop at readout-return 6dB') },
  'a clock reference jitters': { board: withFaults('timing-jitter at primary 5ps') },
  'the core stands still': { board: withFaults('firmware-lock at core') },
  'a thermometer has a loose contact': { board: withFaults('mechanical at MXC') },
  'two thermometers part': { board: withFaults('calibration-drift at 4K 20mK/min') },
  'a line clips': { board: withFaults('adc-saturation at control 9dB') },
  'a rail rises by 30 %': { board: withFaults('power-surge at dac 30% for 20ms') },
  'a rail falls by 25 % for 5 s': { board: withFaults('power-surge at dac -25% for 5s') },
  'the supply dips': { board: withFaults('power-surge at core -25% for 20ms') },
  'a heater gives more than it was set to': { board: withCause('HEATER_RUNAWAY') },
  'the controller takes too much power': { board: overBudget },
  'an update hangs and is rolled back': { board: revertedUpdates(1) },
  'an update hangs on every device, three times': { board: revertedUpdates(3), isEverywhere: true },
  'the multiplexer is kept off': { board: closedMultiplexer },
  'a self-test under jitter': { board: jitteringSelfTest },
  'a converter gets noisy': { board: noisyConverter },
  'the amplifier of a readout line gets noisy': { board: noisyAmplifier },
  'the readout is claimed by a client': { board: noisyAmplifier, gateway: { own: claimed } },
  'a device without power': { board: powerCut },
  'two devices of five are silent': {
    gateway: { receives: (device, at) => at < AT || !['ctl-2', 'ctl-3'].includes(device) },
  },
  'the gateway stands still': { gateway: { receives: (_, at) => at < AT } },
  'commands are slow': { gateway: commands(0.4) },
  'commands get no answer': { gateway: commands(2, 'timeout') },
  'the store is slow': {
    gateway: { own: (at) => (at < AT ? [] : Array.from({ length: 10 }, () => ingestSamples(CRYOSTAT, 3)).flat()) },
  },
  'the link to the store is down': {
    gateway: {
      own: (at) => [
        ...bufferSamples(CRYOSTAT, at < AT ? 0 : Math.min(1, (at - AT) / 50) * 1e6, 1e6),
        ...(at > AT + 50 ? ofGateway(at, 'given-up', { of: devices[0], count: 3 }) : []),
      ],
    },
  },
  'the drift watch doubts a figure': {
    gateway: {
      own: (at) =>
        at === AT
          ? ofGateway(at, 'anomaly', { of: devices[0], ofCryostat: CRYOSTAT, quantity: 'distanceCodes-0' })
          : [],
    },
  },
};

/** A healthy board; made once. */
let quiet: Promise<Said> | undefined;
const healthy = (): Promise<Said> => {
  quiet ??= inFridge().then((device) => listen(device, SECONDS));
  return quiet;
};

/** Plays a run. */
export async function courseOf(name: string): Promise<Course> {
  const { board, gateway, isEverywhere } = stories[name];
  const others = await healthy();
  const first = board === undefined ? others : await board();
  return play(
    Object.fromEntries(devices.map((device, index) => [device, index === 0 || isEverywhere ? first : others])),
    gateway,
  );
}
