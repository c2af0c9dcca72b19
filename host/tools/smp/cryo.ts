// Client side of SMP group 66: temperatures, interlocks, power, heaters and heartbeat of a controller, and the clearing of a trip (protocol/smp/smp.ts).
//
// What must stay true: everything here does no harm when it arrives twice.

import { CryoCommand, SmpGroup } from '../../../protocol/smp/smp.ts';
import { Fields } from './fields.ts';
import type { RequestOptions, SmpSession } from './session.ts';

export interface ThermometerAnswer {
  channel: number;
  /** 0: it is not trusted. */
  microkelvin: number;
  /** SENSOR_*. */
  state: number;
  /** What it reads, trusted or not; 0: nothing. */
  readsMicrokelvin: number;
}

export interface InterlockAnswer {
  /** One bit an interlock: it has tripped and was not cleared. */
  tripped: number;
  /** Trips since power-on. */
  trips: number;
  /** The one that tripped last; undefined when none did since power-on. */
  last: number | undefined;
  /** What that one measured, in the unit of its condition. */
  value: number;
}

export interface PowerAnswer {
  estimatedMicrowatts: number;
  allowedMicrowatts: number;
  /** SHED_*. */
  shed: number;
  /** Clock reference, and bit 2: locked. */
  clock: number;
  dutyPercent: number;
  /** One bit a rail. */
  railsGood: number;
  railsMillivolts: number[];
}

export interface HeaterAnswer {
  heater: number;
  askedMicrowatts: number;
  measuredMicrowatts: number;
}

const noInterlock = 0xffff_ffff;

export async function readThermometers(session: SmpSession, options?: RequestOptions): Promise<ThermometerAnswer[]> {
  const answer = await ask(session, 'temperatures', CryoCommand.TEMPERATURES, options);
  return answer.maps('channels').map((one) => ({
    ...{ channel: one.count('channel'), microkelvin: one.count('microkelvin'), state: one.count('state') },
    readsMicrokelvin: one.count('reads'),
  }));
}

export async function readInterlocks(session: SmpSession, options?: RequestOptions): Promise<InterlockAnswer> {
  return interlockAnswer(await ask(session, 'interlocks', CryoCommand.INTERLOCKS, options));
}

/** Clears one trip. The device refuses while its condition holds. */
export async function clearInterlock(
  session: SmpSession,
  interlock: number,
  options?: RequestOptions,
): Promise<InterlockAnswer> {
  const what = 'clear of an interlock';
  const command = { what, group: SmpGroup.CRYO, command: CryoCommand.INTERLOCKS, write: true };
  return interlockAnswer(new Fields(await session.request(command, { clear: interlock }, options), what));
}

export async function readPower(session: SmpSession, options?: RequestOptions): Promise<PowerAnswer> {
  const answer = await ask(session, 'power', CryoCommand.POWER, options);
  return {
    ...{ estimatedMicrowatts: answer.count('estimated_uw'), allowedMicrowatts: answer.count('allowed_uw') },
    ...{ shed: answer.count('shed'), clock: answer.count('clock'), dutyPercent: answer.count('duty_percent') },
    ...{ railsGood: answer.count('rails_good'), railsMillivolts: answer.list('rails_mv').map(Number) },
  };
}

export async function readHeaters(session: SmpSession, options?: RequestOptions): Promise<HeaterAnswer[]> {
  const answer = await ask(session, 'heaters', CryoCommand.HEATER, options);
  return answer.maps('heaters').map((one) => ({
    ...{ heater: one.count('heater'), askedMicrowatts: one.count('asked_uw') },
    measuredMicrowatts: one.count('measured_uw'),
  }));
}

/** The words of the heartbeat record, in the order of `Beat` (protocol/telemetry/heartbeat.ts). */
export async function readHeartbeat(session: SmpSession, options?: RequestOptions): Promise<number[]> {
  return (await ask(session, 'heartbeat', CryoCommand.HEARTBEAT, options)).list('words').map(Number);
}

function interlockAnswer(answer: Fields): InterlockAnswer {
  const last = answer.count('last');
  return {
    ...{ tripped: answer.count('tripped'), trips: answer.count('trips'), value: answer.count('value') },
    last: last === noInterlock ? undefined : last,
  };
}

async function ask(session: SmpSession, what: string, command: number, options?: RequestOptions): Promise<Fields> {
  return new Fields(await session.request({ what, group: SmpGroup.CRYO, command, write: false }, {}, options), what);
}
