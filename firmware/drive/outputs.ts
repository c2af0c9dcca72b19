// The owner of the output gates (OUTPUTS.ENABLE, OUTPUTS.DISABLE).
//
//   a gate opens when every rail that may be on has come up (rails.ts), and may be open while
//      the start-up checks have found nothing (health bits latched until the reset)
//      the rails it needs are good
//      no tripped interlock keeps it closed
//      load shedding does not mute it (the gate of the waveforms)
//
// All causes are looked at anew each time, so a cause that has ended has no lasting effect. What must stay true: no other file writes these
// registers; a gate is closed before a rail behind it is switched off.

import {
  RAIL_CORE,
  RAIL_COUNT,
  RAIL_DAC,
  RAIL_HEATER,
  RAIL_MULTIPLEXER,
  RAIL_RF,
} from '../../protocol/guest/generated/constants';
import {
  OUTPUTS_DISABLE_DAC,
  OUTPUTS_ENABLE_KEY_KEY,
  OUTPUTS_STATE_DAC,
  OUTPUTS_STATE_HEATERS,
  OUTPUTS_STATE_MULTIPLEXER,
  readOutputsState,
  readRailsGood,
  writeOutputsDisable,
  writeOutputsEnable,
} from '../../protocol/guest/generated/registers';
import { areHeatersOff, isMuted, isSafeState, latchedHealth } from '../in-force/statement';
import { railsUp } from './rails';

/** Gates have the same bits in ENABLE, DISABLE and STATE. */
const GATES: u32 = OUTPUTS_STATE_HEATERS | OUTPUTS_STATE_DAC | OUTPUTS_STATE_MULTIPLEXER;
const CORE: u32 = 1 << RAIL_CORE;
const WAVEFORM_RAILS: u32 = CORE | (1 << RAIL_RF) | (1 << RAIL_DAC);
const HEATER_RAILS: u32 = CORE | (1 << RAIL_HEATER);
const MULTIPLEXER_RAILS: u32 = CORE | (1 << RAIL_MULTIPLEXER);

/** Closes what a cause keeps closed, and opens everything else; the gates that are open then. `rails`: those that are on. */
export function driveOutputs(actions: u32, rails: u32): u32 {
  assert(OUTPUTS_DISABLE_DAC == OUTPUTS_STATE_DAC, 'a gate has the same bit in every register');
  const state = readOutputsState();
  const open = gatesThatMay(actions) & (railsUp(actions, rails) ? GATES : state);
  assert((open & ~GATES) == 0, 'gates that there are');
  if (open == state) return state;
  if ((state & ~open) != 0) writeOutputsDisable(state & ~open);
  if ((open & ~state) != 0) writeOutputsEnable(OUTPUTS_ENABLE_KEY_KEY | (open & ~state));
  assert(readOutputsState() == open, 'the gates are as the causes say');
  return open;
}

/** Gates that no cause keeps closed. */
function gatesThatMay(actions: u32): u32 {
  if (latchedHealth() != 0 || isSafeState(actions)) return 0;
  const good = readRailsGood();
  assert(good >> RAIL_COUNT == 0, 'rails that there are');
  let open = powered(OUTPUTS_STATE_MULTIPLEXER, MULTIPLEXER_RAILS, good);
  if (!isMuted(actions)) open |= powered(OUTPUTS_STATE_DAC, WAVEFORM_RAILS, good);
  if (!areHeatersOff(actions)) open |= powered(OUTPUTS_STATE_HEATERS, HEATER_RAILS, good);
  assert((open & ~GATES) == 0, 'gates that there are');
  return open;
}

/** The gate, while the rails it needs are good. */
function powered(gate: u32, rails: u32, good: u32): u32 {
  assert(popcnt(gate) == 1, 'one gate');
  assert(rails >> RAIL_COUNT == 0, 'rails that there are');
  return (good & rails) == rails ? gate : 0;
}
