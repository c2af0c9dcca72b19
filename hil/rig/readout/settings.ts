// Settings of the chip's readout, written as the registers that a firmware would write: no command over SMP sets them yet.

import type { Board } from '../../../host/board/board.ts';
import { READOUT } from '../../../protocol/generated/registers.ts';
import { ReadoutSetting } from '../../../protocol/readout/module.ts';

const { RELEASE } = READOUT.registers.CONTROL.fields;

/** Releases the readout, where it is held in reset: its settings are then those of a reset. */
export function releaseReadout({ machine }: Board): void {
  if ((machine.peek(READOUT, 'CONTROL') & RELEASE.mask) === 0) machine.poke(READOUT, 'CONTROL', RELEASE.mask);
}

/** `index`: the line or channel that the setting is of, 0 where it is of all. The value is rounded. Throws where the readout refuses it. */
export function setReadout(
  { machine }: Board,
  setting: keyof typeof ReadoutSetting,
  index: number,
  value: number,
): void {
  machine.poke(READOUT, 'SELECT', ReadoutSetting[setting] | (index << READOUT.registers.SELECT.fields.INDEX.shift));
  machine.poke(READOUT, 'VALUE', Math.round(value) >>> 0);
  if (machine.peek(READOUT, 'RESULT') !== 0)
    throw new RangeError(
      `readout: ${setting} ${index} takes no ${Math.round(value)}; its range is in protocol/readout/module.ts`,
    );
}
