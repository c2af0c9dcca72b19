// How fast time passes where little happens: a controller in its fridge that is confirmed and healthy, and whom nobody asks.
//
// Our core wakes some thirty times a second to measure, judge and tell. The peer is an emulator of a microcontroller whose core wakes as often and does
// nothing but sleep again, beside no cryostat.

import { Simulator } from 'rp2040js';
import { LogKind } from '../../../host/board/log.ts';
import { openFridge } from '../../../host/tools/open-fridge.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { second } from '../../rig/time.ts';
import { WiredCryostat } from '../../rig/wiring.ts';
import { inTurn } from './measure.ts';
import type { BenchRow } from './row.ts';

const VIRTUAL_SECONDS = 60;
const GOAL = 1000;
const rounds = 9;

// Thumb: wait for an interrupt, again and again; return from it.
const WFI = 0xbf30;
const BRANCH_BACK = 0xe7fd;
const RETURN = 0x4770;
const RAM = 0x2000_0000;
const STACK = 0x2004_0000;
const CODE = RAM + 0x100;
/** Of the vector of SysTick in its table. */
const SYSTICK_VECTOR = RAM + 15 * 4;
const SYSTICK_CONTROL = 0xe000_e010;
const SYSTICK_RELOAD = 0xe000_e014;
/** Enabled, with its interrupt, counting cycles of the core. */
const SYSTICK_ON = 7;
const HERTZ = 125_000_000;

/** Row `idle-speed`: virtual seconds in a second. */
export async function benchIdleSpeed(): Promise<BenchRow[]> {
  const wired = new WiredCryostat(openFridge('uts'), { seed: 1 });
  const device = await DeviceUnderTest.running({ surroundings: () => wired });
  device.logMost = 10_000;
  device.run(30 * second);
  let runs = 0;
  device.onRecord = ({ kind }) => {
    if (kind === LogKind.RUN) runs++;
  };
  device.run(10 * second);
  device.onRecord = undefined;
  const wakesASecond = Math.round(runs / 10);
  const peer = sleepingCore(wakesASecond);
  const [ours, other] = await inTurn(
    rounds,
    () => device.run(VIRTUAL_SECONDS * second),
    () => peer(VIRTUAL_SECONDS),
  );
  const speed = (milliseconds: number) => VIRTUAL_SECONDS / (milliseconds / 1000);
  return [
    {
      ...{ id: 'idle-speed', value: speed(ours), unit: 'virtual s/s', goal: GOAL },
      ...{
        peer: `rp2040js, an RP2040 that wakes ${wakesASecond} times a second and does nothing`,
        peerValue: speed(other),
      },
    },
  ];
}

/** Lets so many virtual seconds pass on the peer. */
function sleepingCore(wakesASecond: number): (seconds: number) => void {
  const { rp2040, clock } = new Simulator();
  const { core } = rp2040;
  rp2040.writeUint32(SYSTICK_VECTOR, (CODE + 4) | 1);
  for (const [index, instruction] of [WFI, BRANCH_BACK, RETURN].entries())
    rp2040.writeUint16(CODE + 2 * index, instruction);
  core.VTOR = RAM;
  core.SP = STACK;
  core.PC = CODE;
  rp2040.writeUint32(SYSTICK_RELOAD, Math.round(HERTZ / wakesASecond) - 1);
  rp2040.writeUint32(SYSTICK_CONTROL, SYSTICK_ON);
  return (seconds) => {
    const end = clock.nanos + seconds * second;
    while (clock.nanos < end)
      clock.tick(core.waiting ? clock.nanosToNextAlarm : (core.executeInstruction() * 1e9) / HERTZ);
  };
}
