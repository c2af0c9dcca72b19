// What is in force: the one statement of what protection has decided, which everybody reads.
//
//   protect/interlock --trips, in the latch INTERLOCK.TRIPPED--.
//   protect/budget    --load that is shed----------------------+--> in force --> drive/: gates, rails, duty, heaters
//   start-up checks   --health bits latched until the reset----'             --> report/: what is kept off, and why
//   drive/            --what is wrong with the inputs----------------------------> protect/health
//
// Trips are read from the latch itself, which survives resets: what tripped before this firmware started is in force from its first
// instruction on. What must stay true: nobody but these writes here; nothing here touches an actuator.

import {
  ACTION_HEATERS_OFF,
  ACTION_MUTE,
  ACTION_SAFE_STATE,
  INTERLOCK_NUMBER_COUNT,
  RAIL_CORE,
  RAIL_COUNT,
  RAIL_HEATER,
  RAIL_SENSE,
  READOUT_CHANNELS,
  SHED_MUTED,
  SHED_SAFE_STATE,
  SIGNAL_COUNT,
} from '../../protocol/guest/generated/constants';
import { interlockRow } from '../../protocol/guest/generated/plant';
import {
  OUTPUTS_STATE_DAC,
  OUTPUTS_STATE_HEATERS,
  readInterlockTripped,
} from '../../protocol/guest/generated/registers';

export const ALL_RAILS: u32 = (1 << RAIL_COUNT) - 1;
/** Rails that the safe state leaves on: the core runs, and temperatures can be measured. */
const SAFE_RAILS: u32 = (1 << RAIL_CORE) | (1 << RAIL_SENSE);

/** SHED_NOTHING until the budget states something else. */
let shed: u32 = 0;
let shedAtMicrowatts: u32 = 0;
let latched: u32 = 0;
let clipping: u32 = 0;
let unreadable: u32 = 0;

/** Interlocks that have tripped and were not cleared, one bit each. */
export function trippedInterlocks(): u32 {
  return readInterlockTripped();
}

export function isTripped(interlock: u32): bool {
  assert(INTERLOCK_NUMBER_COUNT <= 32, 'the latch has a bit for every interlock');
  assert(interlock < INTERLOCK_NUMBER_COUNT, 'an interlock of the table');
  return ((readInterlockTripped() >> interlock) & 1) != 0;
}

/** Everything that tripped interlocks keep off: ACTION_* bits. */
export function actionsInForce(): u32 {
  return actionsOf(trippedInterlocks());
}

/** What these interlocks keep off: for who has just read the latch. */
export function actionsOf(tripped: u32): u32 {
  let actions: u32 = 0;
  // Nothing is tripped nearly always.
  for (let number: u32 = 0; tripped != 0 && number < INTERLOCK_NUMBER_COUNT; number++) {
    if (((tripped >> number) & 1) != 0) actions |= interlockRow(number).action;
  }
  assert(tripped != 0 || actions == 0, 'nothing is in force while nothing is tripped');
  assert((actions & ~ACTION_SAFE_STATE) == 0, 'an action is made of known bits');
  return actions;
}

export function isMuted(actions: u32): bool {
  assert((actions & ~ACTION_SAFE_STATE) == 0, 'an action is made of known bits');
  const muted = (actions & ACTION_MUTE) != 0 || shed >= SHED_MUTED;
  assert(muted || actions != ACTION_SAFE_STATE, 'the safe state mutes as well');
  return muted;
}

export function areHeatersOff(actions: u32): bool {
  assert((actions & ~ACTION_SAFE_STATE) == 0, 'an action is made of known bits');
  const off = (actions & ACTION_HEATERS_OFF) != 0;
  assert(off || actions != ACTION_SAFE_STATE, 'the safe state switches heaters off as well');
  return off;
}

/** Whether everything must be off: the safe state is all bits of its action, not some of them. */
export function isSafeState(actions: u32): bool {
  assert(
    (ACTION_MUTE | ACTION_HEATERS_OFF) != ACTION_SAFE_STATE,
    'muting and cold heaters together are not the safe state',
  );
  assert((actions & ~ACTION_SAFE_STATE) == 0, 'an action is made of known bits');
  return actions == ACTION_SAFE_STATE;
}

/** Rails that may be on while these actions are in force. */
export function railsAllowed(actions: u32): u32 {
  if (isSafeState(actions)) return SAFE_RAILS;
  const allowed = areHeatersOff(actions) ? ALL_RAILS & ~(1 << RAIL_HEATER) : ALL_RAILS;
  assert((allowed & ~ALL_RAILS) == 0, 'rails that there are');
  assert((allowed & SAFE_RAILS) == SAFE_RAILS, 'nothing takes the core its power or its thermometers');
  return allowed;
}

/** Whether every rail and gate that is on may be on. */
export function mayBeOn(actions: u32, rails: u32, gates: u32): bool {
  assert((rails & (1 << RAIL_CORE)) != 0, 'the core, which runs this, has power');
  assert(!isSafeState(actions) || gates == 0, 'in the safe state every gate is closed');
  assert(!isMuted(actions) || (gates & OUTPUTS_STATE_DAC) == 0, 'what is muted plays nothing');
  assert(!areHeatersOff(actions) || (gates & OUTPUTS_STATE_HEATERS) == 0, 'heaters that must be off have no current');
  return (rails & ~railsAllowed(actions)) == 0;
}

/** What is shed: SHED_*. */
export function loadShed(): u32 {
  assert(shed <= SHED_SAFE_STATE, 'a step of shedding');
  return shed;
}

/** The power, estimated, at which the last step of shedding was decided. */
export function shedMicrowatts(): u32 {
  assert(shed == 0 || shedAtMicrowatts != 0, 'something was estimated when load was shed');
  return shedAtMicrowatts;
}

/** The budget's decision: one step more, or one step less. */
export function stateShed(step: u32, microwatts: u32): void {
  assert(step <= SHED_SAFE_STATE, 'a step of shedding');
  assert(step != shed, 'a decision changes something');
  assert(step == shed + 1 || step + 1 == shed || step >= SHED_MUTED, 'one step at a time, but for muting at once');
  shed = step;
  shedAtMicrowatts = microwatts;
}

/** Raises bits of the health word until the reset; nothing is driven from then on. */
export function latchHealth(bits: u32): void {
  assert(bits != 0, 'something is wrong');
  latched |= bits;
  assert((latched & bits) == bits, 'what is latched stays');
}

/** HEALTH_* bits that were raised until the reset. */
export function latchedHealth(): u32 {
  return latched;
}

/** Signal lines whose converter clips although gain control has looked twice, one bit each. */
export function clippingSignals(): u32 {
  assert(SIGNAL_COUNT <= 32, 'a bit for every line');
  assert(<u64>clipping >> SIGNAL_COUNT == 0, 'lines that there are');
  return clipping;
}

/** Gain control's finding of a line. */
export function stateClipping(line: u32, isClipping: bool): void {
  assert(line < SIGNAL_COUNT, 'a line that there is');
  clipping = isClipping ? clipping | (1 << line) : clipping & ~(1 << line);
  assert(<u64>clipping >> SIGNAL_COUNT == 0, 'lines that there are');
}

/** Readout channels that do not tell the states of their qubits apart as they should, one bit each: no experiment may rely on them. */
export function unreadableChannels(): u32 {
  assert(READOUT_CHANNELS <= 32, 'a bit for every channel');
  assert(<u64>unreadable >> READOUT_CHANNELS == 0, 'channels that there are');
  return unreadable;
}

/** The finding about a channel. */
export function stateUnreadable(channel: u32, isUnreadable: bool): void {
  assert(channel < READOUT_CHANNELS, 'a channel that there is');
  unreadable = isUnreadable ? unreadable | (1 << channel) : unreadable & ~(1 << channel);
  assert(((unreadable >> channel) & 1) == (isUnreadable ? 1 : 0), 'what was found is in force');
}
