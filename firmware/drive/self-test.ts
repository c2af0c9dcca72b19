// The self-test of a converter line: effective bits of I and Q by the chip's own test tone and a sine fit (sine-fit.ts).
//
//   begin: tone captured, copied, scope left empty ──> piece, piece, … of I ──> of Q ──> the worse of both is the result, event SELF_TESTED
//
// The capture is done at once. The fit takes five passes over either record, a piece in each run of the task, so that no other task waits for it. What must
// stay true: settings and scope are afterwards as before; who starts it has made sure that no sequencer plays into the line.

import {
  EVENT_SELF_TESTED,
  READOUT_COMMAND_CAPTURE_TONE,
  READOUT_COMMAND_CLEAR_SCOPE,
  READOUT_FIGURE_SCOPE_COUNT,
  READOUT_FIGURE_SETTINGS,
  READOUT_LINES,
  READOUT_SETTING_SCOPE_LENGTH,
  READOUT_SETTING_TONE_AMPLITUDE,
  READOUT_SETTING_TONE_FREQUENCY,
  READOUT_TEST_AMPLITUDE,
  READOUT_TEST_FREQUENCY,
} from '../../protocol/guest/generated/constants';
import { READOUT_SCOPE_DATA_COUNT } from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';
import { releaseTask } from '../kernel/releases';
import { TASK_SELF_TEST } from '../kernel/tasks';
import { driveInputs } from './inputs';
import { commandReadout, copyScope, readoutFigure, readoutReleased, setReadout } from './readout';
import { beginFit, effectiveBits, FIT_PIECE, FIT_SAMPLES, feedFit, fitPlace } from './sine-fit';

const SAMPLE_SIZE: u32 = 4;

/** What was captured: i16 I, i16 Q. */
const samples = memory.data(<i32>(FIT_SAMPLES * SAMPLE_SIZE), 8);
/** Effective bits by line in 1/256, plus one; 0: not tested since the reset. */
const results = memory.data(<i32>(READOUT_LINES * 4), 4);

/** The line under test plus one, 0 for none; the quadrature that is fitted, and bits of the one before. */
let linePlusOne: u32 = 0;
let quadrature: u32 = 0;
let bitsOfI: u32 = 0;

export function selfTestRuns(): bool {
  assert(linePlusOne <= READOUT_LINES, 'a line, or none');
  return linePlusOne != 0;
}

/** Whether the line was tested since the reset. */
export function isTested(line: u32): bool {
  assert(line < READOUT_LINES, 'a line that there is');
  assert((results & 3) == 0, 'a word stands where a word may stand');
  return load<u32>(results + (line << 2)) != 0;
}

/** Effective bits of a line that was tested: of its worse converter, in 1/256. */
export function readoutEnob(line: u32): u32 {
  assert(isTested(line), 'there is a result');
  const bits = load<u32>(results + (line << 2)) - 1;
  assert(bits <= 16 << 8, 'no more than sixteen bits');
  return bits;
}

/** Whether what was captured before has been read, so that the scope is free. */
export function isScopeFree(): bool {
  driveInputs(true);
  assert(READOUT_FIGURE_SCOPE_COUNT < READOUT_FIGURE_SETTINGS, 'a figure of all');
  assert(readoutReleased(), 'the readout works now');
  return readoutFigure(READOUT_FIGURE_SCOPE_COUNT, 0) == 0;
}

/** Starts it: none runs, the scope is free, and no sequencer plays into the line. */
export function beginSelfTest(line: u32): void {
  assert(line < READOUT_LINES && !selfTestRuns(), 'a line that there is, one at a time');
  assert(isScopeFree(), 'nobody waits for what was captured');
  const frequency = exchange(READOUT_SETTING_TONE_FREQUENCY, READOUT_TEST_FREQUENCY);
  const amplitude = exchange(READOUT_SETTING_TONE_AMPLITUDE, READOUT_TEST_AMPLITUDE);
  const length = exchange(READOUT_SETTING_SCOPE_LENGTH, FIT_SAMPLES);
  commandReadout(READOUT_COMMAND_CAPTURE_TONE, line);
  for (let at: u32 = 0; at < FIT_SAMPLES; at += READOUT_SCOPE_DATA_COUNT)
    copyScope(at, samples + at * SAMPLE_SIZE, READOUT_SCOPE_DATA_COUNT);
  commandReadout(READOUT_COMMAND_CLEAR_SCOPE, line);
  exchange(READOUT_SETTING_TONE_FREQUENCY, frequency);
  exchange(READOUT_SETTING_TONE_AMPLITUDE, amplitude);
  exchange(READOUT_SETTING_SCOPE_LENGTH, length);
  assert(FIT_SAMPLES % READOUT_SCOPE_DATA_COUNT == 0, 'the record is whole windows of the scope');
  linePlusOne = line + 1;
  quadrature = 0;
  beginFit(READOUT_TEST_FREQUENCY);
  releaseTask(TASK_SELF_TEST);
}

/** Sets a setting of all; what it was before. */
function exchange(setting: u32, value: u32): u32 {
  const before = readoutFigure(READOUT_FIGURE_SETTINGS + setting, 0);
  const isSet = setReadout(setting, 0, value);
  assert(isSet, 'a value that the setting takes');
  assert(readoutFigure(READOUT_FIGURE_SETTINGS + setting, 0) == value, 'and has now');
  return before;
}

/** A piece of the fit. */
export function runSelfTest(): void {
  if (!selfTestRuns()) return;
  const at = fitPlace();
  assert(FIT_SAMPLES % FIT_PIECE == 0 && at % FIT_PIECE == 0, 'whole pieces');
  const isComplete = feedFit(samples + at * SAMPLE_SIZE + quadrature * 2, SAMPLE_SIZE, FIT_PIECE);
  if (isComplete) next();
  if (selfTestRuns()) releaseTask(TASK_SELF_TEST);
}

function next(): void {
  assert(quadrature <= 1 && selfTestRuns(), 'I, then Q');
  const bits = effectiveBits();
  if (quadrature == 0) {
    bitsOfI = bits;
    quadrature = 1;
    beginFit(READOUT_TEST_FREQUENCY);
    return;
  }
  const worse = min(bits, bitsOfI);
  const line = linePlusOne - 1;
  store<u32>(results + (line << 2), worse + 1);
  recordEvent(EVENT_SELF_TESTED, line, worse);
  assert(readoutEnob(line) == worse, 'the result is known');
  linePlusOne = 0;
}
