// Group CRYO: temperatures, interlocks, heartbeat, power and heaters, for people and rigs.
//
// What must stay true: a request with a number that is out of range is refused here by its error, before it reaches an assertion further down.

import { fieldsOk, readUnsigned } from '../../protocol/guest/cbor-fields';
import {
  writeArrayStart,
  writeBooleanField,
  writeEnd,
  writeMapStart,
  writeText,
  writeUnsigned,
  writeUnsignedField,
} from '../../protocol/guest/cbor-writer';
import {
  ACTION_SAFE_STATE,
  BEAT_VERSION,
  BEAT_VERSION_NUMBER,
  BEAT_WORDS,
  CHANNEL_COUNT,
  CRYO_COUNT,
  CRYO_ERR_ABOVE_LIMIT,
  CRYO_ERR_CONDITION_HOLDS,
  CRYO_ERR_NO_SUCH_HEATER,
  CRYO_ERR_NO_SUCH_INTERLOCK,
  CRYO_ERR_NOT_SAFE,
  CRYO_HEARTBEAT,
  CRYO_HEATER,
  CRYO_INTERLOCKS,
  CRYO_POWER,
  CRYO_TEMPERATURES,
  GROUP_CRYO,
  HEATER_COUNT,
  HEATER_PLATE_4K,
  INTERLOCK_NUMBER_COUNT,
  MGMT_EINVAL,
  MGMT_ENOTSUP,
  RAIL_COUNT,
  SENSOR_TRUSTED,
  SMP_OP_READ,
  SMP_OP_WRITE,
} from '../../protocol/guest/generated/constants';
import {
  readActivityDuty,
  readHeatersMeasured,
  readInterlockCount,
  readInterlockLast,
  readInterlockValue,
  readOutputsState,
  readRailsGood,
  readRailsMillivolts,
  readRecorderHeartbeat,
} from '../../protocol/guest/generated/registers';
import { registerGroup } from '../../protocol/guest/smp/groups';
import { openRequest } from '../../protocol/guest/smp/request';
import { STATUS_GROUP } from '../../protocol/guest/smp/status';
import {
  heaterLimitMicrowatts,
  heaterRequestedMicrowatts,
  holdPlate,
  plateSetpointMicrokelvin,
  requestHeater,
} from '../drive/heaters';
import { actionsInForce, isTripped, loadShed, trippedInterlocks } from '../in-force/statement';
import { allowedMicrowatts, coreEstimatedMicrowatts, estimatedMicrowatts } from '../protect/budget';
import { clearInterlock } from '../protect/interlock';
import { clockState } from '../sense/clock';
import { NO_TEMPERATURE } from '../sense/convert';
import { channelState, readMicrokelvin, temperatureMicrokelvin } from '../sense/thermometry';

const ABSENT: u64 = u64.MAX_VALUE;

export function registerCryo(): void {
  assert(GROUP_CRYO >= 64, 'groups below 64 are not ours to give');
  assert(CRYO_COUNT > CRYO_HEATER, 'every command is counted');
  registerGroup(GROUP_CRYO, 'cryo', CRYO_COUNT, answerCryo);
}

function answerCryo(operation: u32, command: u32, step: u32): u32 {
  const isRead = operation == SMP_OP_READ;
  assert(step == 0, 'every answer here is given at once');
  assert(isRead || operation == SMP_OP_WRITE, 'the server passes on reads and writes only');
  switch (command) {
    case CRYO_TEMPERATURES:
      return isRead ? answerTemperatures() : MGMT_ENOTSUP;
    case CRYO_INTERLOCKS:
      return isRead ? answerInterlocks() : answerClear();
    case CRYO_HEARTBEAT:
      return isRead ? answerHeartbeat() : MGMT_ENOTSUP;
    case CRYO_POWER:
      return isRead ? answerPower() : MGMT_ENOTSUP;
    case CRYO_HEATER:
      return isRead ? answerHeaters() : answerHeat();
    default:
      return MGMT_ENOTSUP;
  }
}

function answerTemperatures(): u32 {
  writeText('channels');
  writeArrayStart();
  for (let channel: u32 = 0; channel < CHANNEL_COUNT; channel++) {
    const state = channelState(channel);
    const microkelvin = temperatureMicrokelvin(channel);
    assert(state == SENSOR_TRUSTED || microkelvin == NO_TEMPERATURE, 'a temperature is given out only while trusted');
    writeMapStart();
    writeUnsignedField('channel', channel);
    writeUnsignedField('microkelvin', microkelvin);
    writeUnsignedField('state', state);
    writeUnsignedField('reads', readMicrokelvin(channel));
    writeEnd();
  }
  writeEnd();
  return 0;
}

function answerInterlocks(): u32 {
  const tripped = trippedInterlocks();
  assert(tripped == 0 || readInterlockLast() < INTERLOCK_NUMBER_COUNT, 'the last trip is one of the table');
  assert(tripped == 0 || readInterlockCount() != 0, 'whatever is tripped was counted');
  writeUnsignedField('tripped', tripped);
  writeUnsignedField('trips', readInterlockCount());
  writeUnsignedField('last', readInterlockLast());
  writeUnsignedField('value', readInterlockValue());
  return 0;
}

function answerClear(): u32 {
  openRequest();
  const number = readUnsigned('clear', ABSENT);
  if (!fieldsOk() || number == ABSENT) return MGMT_EINVAL;
  if (number >= INTERLOCK_NUMBER_COUNT) return STATUS_GROUP + CRYO_ERR_NO_SUCH_INTERLOCK;
  if (isTripped(<u32>number) && !clearInterlock(<u32>number)) {
    return STATUS_GROUP + CRYO_ERR_CONDITION_HOLDS;
  }
  assert(!isTripped(<u32>number), 'an interlock that was cleared is not tripped');
  return answerInterlocks();
}

function answerHeartbeat(): u32 {
  assert(BEAT_VERSION < BEAT_WORDS, 'the version is a word of the record');
  assert(
    readRecorderHeartbeat(BEAT_VERSION) == BEAT_VERSION_NUMBER,
    'the record was started before requests are served',
  );
  writeText('words');
  writeArrayStart();
  for (let word: u32 = 0; word < BEAT_WORDS; word++) writeUnsigned(readRecorderHeartbeat(word));
  writeEnd();
  return 0;
}

function answerPower(): u32 {
  assert(estimatedMicrowatts() >= coreEstimatedMicrowatts(), 'the core is a part of the whole');
  writeUnsignedField('estimated_uw', estimatedMicrowatts());
  writeUnsignedField('core_uw', coreEstimatedMicrowatts());
  writeUnsignedField('allowed_uw', allowedMicrowatts());
  writeUnsignedField('shed', loadShed());
  writeUnsignedField('clock', clockState());
  assert((actionsInForce() & ~ACTION_SAFE_STATE) == 0, 'actions of known bits');
  writeUnsignedField('actions', actionsInForce());
  writeUnsignedField('gates', readOutputsState());
  writeUnsignedField('duty_percent', readActivityDuty());
  writeUnsignedField('rails_good', readRailsGood());
  writeText('rails_mv');
  writeArrayStart();
  for (let rail: u32 = 0; rail < RAIL_COUNT; rail++) writeUnsigned(readRailsMillivolts(rail));
  writeEnd();
  return 0;
}

function answerHeaters(): u32 {
  writeText('heaters');
  writeArrayStart();
  for (let heater: u32 = 0; heater < HEATER_COUNT; heater++) {
    writeMapStart();
    writeUnsignedField('heater', heater);
    const requested = heaterRequestedMicrowatts(heater);
    assert(requested <= heaterLimitMicrowatts(heater), 'no request is above the limit');
    writeUnsignedField('asked_uw', requested);
    writeUnsignedField('measured_uw', readHeatersMeasured(heater));
    writeUnsignedField('limit_uw', heaterLimitMicrowatts(heater));
    writeEnd();
  }
  writeEnd();
  writeUnsignedField('plate_setpoint_uk', plateSetpointMicrokelvin());
  assert(HEATER_PLATE_4K < HEATER_COUNT, 'the heater of the plate is one of them');
  return 0;
}

/** {heater, microwatts}, or {plate_setpoint_uk} to hold the 4 K plate; 0 ends that. */
function answerHeat(): u32 {
  openRequest();
  const setpoint = readUnsigned('plate_setpoint_uk', ABSENT);
  const heater = readUnsigned('heater', setpoint == ABSENT ? ABSENT : HEATER_PLATE_4K);
  const microwatts = readUnsigned('microwatts', setpoint == ABSENT ? ABSENT : 0);
  if (!fieldsOk() || heater == ABSENT || microwatts == ABSENT) return MGMT_EINVAL;
  if (heater >= HEATER_COUNT) return STATUS_GROUP + CRYO_ERR_NO_SUCH_HEATER;
  if (trippedInterlocks() != 0) return STATUS_GROUP + CRYO_ERR_NOT_SAFE;
  if (setpoint != ABSENT) {
    if (setpoint > <u64>u32.MAX_VALUE || !holdPlate(<u32>setpoint)) return STATUS_GROUP + CRYO_ERR_ABOVE_LIMIT;
  } else if (microwatts > <u64>heaterLimitMicrowatts(<u32>heater) || !requestHeater(<u32>heater, <u32>microwatts)) {
    return STATUS_GROUP + CRYO_ERR_ABOVE_LIMIT;
  }
  assert(trippedInterlocks() == 0, 'nothing is heated while an interlock is tripped');
  assert(
    setpoint != ABSENT || plateSetpointMicrokelvin() == NO_TEMPERATURE || heater != HEATER_PLATE_4K,
    'a power ends the holding of a temperature',
  );
  writeBooleanField('ok', true);
  return 0;
}
