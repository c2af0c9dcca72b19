// Heater control: what was asked for, within limits, reached by a ramp, and taken back when it cannot be watched.
//
//   asked (microwatts) --limit--> --ramp: a tenth of full scale a second--> duty
//        a thermometer that is not believed, or an interlock: zero at once, and from there again
//
// The 4 K plate can be held at a temperature: a PI controller then does the asking. What must stay true: no heater heats a plate whose
// temperature is not known.

import {
  CHANNEL_MXC,
  CHANNEL_STILL,
  HEATER_COUNT,
  HEATER_PLATE_4K,
  HEATER_STILL,
} from '../../protocol/guest/generated/constants';
import { HEATER_FULL_SCALES } from '../../protocol/guest/generated/plant';
import { readHeatersDuty, writeHeatersDuty } from '../../protocol/guest/generated/registers';
import { trippedInterlocks } from '../protect/interlock';
import { NO_TEMPERATURE } from '../sense/convert';
import { plateMicrokelvin, temperatureMicrokelvin } from '../sense/thermometry';

const FULL_DUTY: u64 = 0xffff;
/** Of full scale: what may be asked for. The rest is for nobody. */
const LIMIT_PERCENT: u32 = 90;
const RAMP_DIVISOR: u32 = 10;
/** Microwatts a millikelvin below the setpoint, and that a second: the plate moves 1.75 mK/mW within seconds. */
const PROPORTIONAL_UW_PER_MK: i64 = 200;
const INTEGRAL_UW_PER_MK: i64 = 60;

/** Microwatts asked for, and given, by heater. */
const asked = memory.data(12, 4);
const given = memory.data(12, 4);
/** Where the 4 K plate is to be held; NO_TEMPERATURE: nowhere. */
let setpointMicrokelvin: u32 = 0;
let integralMicrowatts: i64 = 0;

function fullScale(heater: u32): u32 {
  assert(heater < HEATER_COUNT, 'a heater');
  return load<u32>(HEATER_FULL_SCALES + ((<usize>heater) << 2));
}

export function heaterLimitMicrowatts(heater: u32): u32 {
  return <u32>((<u64>fullScale(heater) * LIMIT_PERCENT) / 100);
}

export function heaterAskedMicrowatts(heater: u32): u32 {
  return load<u32>(asked + ((<usize>heater) << 2));
}

/** False when it is above the limit. */
export function askHeater(heater: u32, microwatts: u32): bool {
  if (microwatts > heaterLimitMicrowatts(heater)) return false;
  store<u32>(asked + ((<usize>heater) << 2), microwatts);
  if (heater == HEATER_PLATE_4K) holdPlate(NO_TEMPERATURE);
  return true;
}

/** Holds the 4 K plate at a temperature from now on; NO_TEMPERATURE ends it. */
export function holdPlate(microkelvin: u32): void {
  setpointMicrokelvin = microkelvin;
  integralMicrowatts = 0;
}

export function plateSetpointMicrokelvin(): u32 {
  return setpointMicrokelvin;
}

export function runHeaters(): void {
  if (setpointMicrokelvin != NO_TEMPERATURE) regulate();
  for (let heater: u32 = 0; heater < HEATER_COUNT; heater++) drive(heater);
}

function drive(heater: u32): void {
  const place = given + ((<usize>heater) << 2);
  const target = mayHeat(heater) ? heaterAskedMicrowatts(heater) : 0;
  const now = load<u32>(place);
  const step = fullScale(heater) / RAMP_DIVISOR;
  const next = target > now ? min(target, now + step) : target;
  store<u32>(place, next);
  const duty = <u32>((<u64>next * FULL_DUTY) / <u64>fullScale(heater));
  if (duty != readHeatersDuty(heater)) writeHeatersDuty(heater, duty);
}

function mayHeat(heater: u32): bool {
  return trippedInterlocks() == 0 && temperatureOf(heater) != NO_TEMPERATURE;
}

function temperatureOf(heater: u32): u32 {
  if (heater == HEATER_PLATE_4K) return plateMicrokelvin();
  return temperatureMicrokelvin(heater == HEATER_STILL ? CHANNEL_STILL : CHANNEL_MXC);
}

/** One step of the controller; the integral stops where the output does. */
function regulate(): void {
  const now = plateMicrokelvin();
  if (now == NO_TEMPERATURE) return;
  const error = <i64>setpointMicrokelvin - <i64>now;
  const most = <i64>heaterLimitMicrowatts(HEATER_PLATE_4K);
  const integral = integralMicrowatts + (error * INTEGRAL_UW_PER_MK) / 1000;
  integralMicrowatts = max<i64>(0, min<i64>(most, integral));
  const output = integralMicrowatts + (error * PROPORTIONAL_UW_PER_MK) / 1000;
  store<u32>(asked + ((<usize>HEATER_PLATE_4K) << 2), <u32>max<i64>(0, min<i64>(most, output)));
}
