// What was done to a board, as tracks: the faults with their times, and what the bench did.

import { faultTextOf } from '../faults/language.ts';
import { TimedTexts } from '../trace/bounded.ts';
import type { Track } from './chronicle-data.ts';
import type { BoardInput, RecordedInput } from './recorded-board.ts';

const FAULTS_MOST = 200;
const inputNames: Partial<Record<BoardInput['does'], string>> = {
  ...{ 'power-on': 'power on', 'cut-power': 'power cut', 'reset-pin': 'reset pin pulled', 'brown-out': 'brown-out' },
  ...{ 'cut-power-at': 'a power cut was planned', 'cut-power-at-access': 'a power cut was planned at a bus access' },
  ...{ 'change-flash': 'the bench wrote to flash', 'set-fuses': 'the bench set fuses' },
};

export function faultTracks(inputs: readonly RecordedInput[], beganNs: number, endNs: number): Track[] {
  const spans = inputs.flatMap(({ input }): [number, number | null, string][] => {
    if (input.does !== 'disturb') return [];
    const { startNs, endNs: goneNs } = input.disturbance;
    const [from, to] = [startNs - beganNs, goneNs - beganNs];
    return from >= endNs ? [] : [[from, to >= endNs ? null : to, faultTextOf(input.disturbance)]];
  });
  return spans.length === 0 ? [] : [{ kind: 'spans', name: 'faults', spans: spans.slice(0, FAULTS_MOST) }];
}

export function doneTracks(inputs: readonly RecordedInput[], beganNs: number): Track[] {
  const texts = new TimedTexts();
  for (const { timeNs, input } of inputs) {
    const name = inputNames[input.does];
    if (name !== undefined) texts.add(timeNs - beganNs, name);
  }
  if (texts.list.length === 0) return [];
  return [{ kind: 'marks', name: 'done to the device', marks: texts.list, leftOut: texts.leftOut }];
}
