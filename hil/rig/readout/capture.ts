// A record of the chip's own test tone, as its scope captured it: what a client would read to judge the converter of a line.

import type { Board } from '../../../host/board/board.ts';
import { READOUT } from '../../../protocol/generated/registers.ts';
import { ReadoutCommand, ReadoutLimit } from '../../../protocol/readout/module.ts';
import { releaseReadout, setReadout } from './settings.ts';

export interface TestTone {
  /** In whole quarters of a hertz. */
  frequencyHertz: number;
  /** In full scale: a multiple of 1/32768. */
  amplitude: number;
}

const AMPLITUDE_ONE = 32_768;
const { COMMAND, LINE } = READOUT.registers.COMMAND.fields;
const WINDOW = READOUT.registers.SCOPE_DATA.count;

/** Captures `samples` from now on, in codes: I into even places and Q into odd ones. The scope is left empty. */
export function captureTone(board: Board, line: number, tone: TestTone, samples: number): Int32Array {
  if (samples < 1 || samples > ReadoutLimit.SCOPE_MAX)
    throw new RangeError(`a capture has 1 to ${ReadoutLimit.SCOPE_MAX} samples, not ${samples}`);
  const { machine } = board;
  const command = (what: keyof typeof ReadoutCommand) =>
    machine.poke(READOUT, 'COMMAND', (ReadoutCommand[what] << COMMAND.shift) | (line << LINE.shift));
  releaseReadout(board);
  setReadout(board, 'TONE_FREQUENCY', 0, tone.frequencyHertz * 4);
  setReadout(board, 'TONE_AMPLITUDE', 0, tone.amplitude * AMPLITUDE_ONE);
  setReadout(board, 'SCOPE_LENGTH', 0, samples);
  command('CAPTURE_TONE');
  const codes = new Int32Array(2 * samples);
  for (let sample = 0; sample < samples; sample++) {
    if (sample % WINDOW === 0) machine.poke(READOUT, 'SCOPE_OFFSET', sample);
    const word = machine.peek(READOUT, 'SCOPE_DATA', sample % WINDOW);
    codes[2 * sample] = (word << 16) >> 16;
    codes[2 * sample + 1] = word >> 16;
  }
  command('CLEAR_SCOPE');
  return codes;
}
