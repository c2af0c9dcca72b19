// The owner of the heaters' powers (HEATERS.DUTY): what was requested, within limits, reached by a ramp, and zero while it cannot be watched.
//
//   requested (microwatts) --limit--> --ramp: a tenth of full scale a second--> duty
//        thermometer not trusted, an interlock tripped or the gate closed: zero at once, and from there again
//
// The 4 K plate can be held at a temperature: a PI controller then makes the requests. What must stay true: no other file writes the
// register; no heater heats a plate whose temperature is not known.

import {
  CHANNEL_MXC,
  CHANNEL_STILL,
  HEATER_COUNT,
  HEATER_MXC,
  HEATER_PLATE_4K,
  HEATER_STILL,
} from '../../protocol/guest/generated/constants';
import { HEATER_FULL_SCALES } from '../../protocol/guest/generated/plant';
import {
  OUTPUTS_STATE_HEATERS,
  readHeatersDuty,
  readOutputsState,
  writeHeatersDuty,
} from '../../protocol/guest/generated/registers';
import { trippedInterlocks } from '../in-force/statement';
import { NO_TEMPERATURE } from '../sense/convert';
import { plateMicrokelvin, temperatureMicrokelvin } from '../sense/thermometry';

const FULL_DUTY: u64 = 0xffff;
/** Of full scale: what may be requested. The rest stays in reserve. */
const LIMIT_PERCENT: u32 = 90;
const RAMP_DIVISOR: u32 = 10;
/** Microwatts a millikelvin below the setpoint, and that a second: the plate moves 1.75 mK/mW within seconds. */
const PROPORTIONAL_UW_PER_MK: i64 = 200;
const INTEGRAL_UW_PER_MK: i64 = 60;
/** The setpoint may be no warmer: the plate's own interlock trips far below. */
const SETPOINT_MICROKELVIN_MAX: u32 = 10_000_000;

/** Microwatts requested, and given, by heater. */
const requested = memory.data(<i32>(HEATER_COUNT * 4), 4);
const given = memory.data(<i32>(HEATER_COUNT * 4), 4);
/** Where the 4 K plate is to be held; NO_TEMPERATURE: nowhere. */
let setpointMicrokelvin: u32 = 0;
let integralMicrowatts: i64 = 0;

/** Where a heater's word stands in one of the lists above. */
function placeOf(list: usize, heater: u32): usize {
  assert(heater < HEATER_COUNT, 'a heater that there is');
  assert(list == requested || list == given, 'a list by heater');
  return list + ((<usize>heater) << 2);
}

function fullScale(heater: u32): u32 {
  assert(heater < HEATER_COUNT, 'a heater that there is');
  const microwatts = load<u32>(HEATER_FULL_SCALES + ((<usize>heater) << 2));
  assert(microwatts >= RAMP_DIVISOR, 'a ramp makes progress with every step');
  return microwatts;
}

export function heaterLimitMicrowatts(heater: u32): u32 {
  assert(LIMIT_PERCENT <= 100, 'a share of the whole');
  const limit = <u32>((<u64>fullScale(heater) * LIMIT_PERCENT) / 100);
  assert(limit <= fullScale(heater), 'a limit below what the driver can give');
  return limit;
}

export function heaterRequestedMicrowatts(heater: u32): u32 {
  const microwatts = load<u32>(placeOf(requested, heater));
  assert(microwatts <= heaterLimitMicrowatts(heater), 'no request is above the limit');
  return microwatts;
}

/** False when the request is above the limit; nothing is changed then. */
export function requestHeater(heater: u32, microwatts: u32): bool {
  if (microwatts > heaterLimitMicrowatts(heater)) return false;
  store<u32>(placeOf(requested, heater), microwatts);
  assert(heaterRequestedMicrowatts(heater) == microwatts, 'the request is kept');
  if (heater == HEATER_PLATE_4K) holdPlate(NO_TEMPERATURE);
  return true;
}

/** Holds the 4 K plate at a temperature from now on; NO_TEMPERATURE ends it. False when the setpoint is too high. */
export function holdPlate(microkelvin: u32): bool {
  if (microkelvin > SETPOINT_MICROKELVIN_MAX) return false;
  setpointMicrokelvin = microkelvin;
  integralMicrowatts = 0;
  assert(plateSetpointMicrokelvin() == microkelvin, 'the setpoint is kept');
  return true;
}

export function plateSetpointMicrokelvin(): u32 {
  assert(setpointMicrokelvin <= SETPOINT_MICROKELVIN_MAX, 'no setpoint is above its limit');
  return setpointMicrokelvin;
}

export function runHeaters(): void {
  const mayFlow = trippedInterlocks() == 0 && (readOutputsState() & OUTPUTS_STATE_HEATERS) != 0;
  if (mayFlow && setpointMicrokelvin != NO_TEMPERATURE) regulate();
  for (let heater: u32 = 0; heater < HEATER_COUNT; heater++) driveHeater(heater, mayFlow);
  assert(
    mayFlow || readHeatersDuty(HEATER_PLATE_4K) == 0,
    'nothing heats while an interlock is tripped or the gate is closed',
  );
}

function driveHeater(heater: u32, mayFlow: bool): void {
  const place = placeOf(given, heater);
  const isKnown = temperatureOf(heater) != NO_TEMPERATURE;
  const target = mayFlow && isKnown ? heaterRequestedMicrowatts(heater) : 0;
  const now = load<u32>(place);
  const step = fullScale(heater) / RAMP_DIVISOR;
  const next = target > now ? min(target, now + step) : target;
  assert(next <= heaterLimitMicrowatts(heater), 'no heater gives more than its limit');
  store<u32>(place, next);
  const duty = <u32>((<u64>next * FULL_DUTY) / <u64>fullScale(heater));
  assert(<u64>duty <= FULL_DUTY, 'a share of the whole');
  if (duty != readHeatersDuty(heater)) writeHeatersDuty(heater, duty);
}

/** The temperature of the plate that a heater heats. */
function temperatureOf(heater: u32): u32 {
  if (HEATER_COUNT != 3) ERROR('a heater has no thermometer that watches it: name its channel in temperatureOf');
  switch (heater) {
    case HEATER_PLATE_4K:
      return plateMicrokelvin();
    case HEATER_STILL:
      return temperatureMicrokelvin(CHANNEL_STILL);
    default:
      assert(heater == HEATER_MXC, 'every heater has a thermometer that watches it');
      return temperatureMicrokelvin(CHANNEL_MXC);
  }
}

/** One step of the controller; the integral stops where the output does, and stands still while the heater is kept off. */
function regulate(): void {
  assert(setpointMicrokelvin != NO_TEMPERATURE, 'a temperature to hold');
  if (plateMicrokelvin() == NO_TEMPERATURE) return;
  const error = <i64>setpointMicrokelvin - <i64>plateMicrokelvin();
  const most = <i64>heaterLimitMicrowatts(HEATER_PLATE_4K);
  const integral = integralMicrowatts + (error * INTEGRAL_UW_PER_MK) / 1000;
  integralMicrowatts = max<i64>(0, min<i64>(most, integral));
  assert(integralMicrowatts >= 0 && integralMicrowatts <= most, 'the integral stops where the output does');
  const output = integralMicrowatts + (error * PROPORTIONAL_UW_PER_MK) / 1000;
  store<u32>(placeOf(requested, HEATER_PLATE_4K), <u32>max<i64>(0, min<i64>(most, output)));
}
