// Which files the generator makes, as text: path below protocol/ -> content.

import { attestationSizes } from '../attestation.ts';
import { calibrationTables } from '../calibration/record.ts';
import { peripherals } from '../chip/chip.ts';
import { checkPeripheral } from '../chip/svd.ts';
import { handoverTable } from '../handover.ts';
import { bootLogTable } from '../image/boot-log.ts';
import { bootRecordTable } from '../image/boot-record.ts';
import { bootDecisions, bootPolicy, slotStates } from '../image/boot-state.ts';
import { bootloaderTable } from '../image/bootloader.ts';
import { imageFormat, tlvTypes, trailerFormat } from '../image/format.ts';
import { rejectReasons } from '../image/reasons.ts';
import { securityCounterTable } from '../image/security-counter.ts';
import { tokenTable } from '../image/token.ts';
import { fuseMap, interruptLines, keyPurposes, lifecycleBits, memoryMap } from '../memory-map.ts';
import {
  muxCellStates,
  muxFigures,
  muxLimits,
  muxLoads,
  muxPlaces,
  muxRuns,
  muxSettings,
  muxWrites,
} from '../multiplexer/module.ts';
import { refreshTableLayout } from '../multiplexer/table.ts';
import { budgetTable, shedTable } from '../plant/budget.ts';
import { activityTable, energyTable } from '../plant/energies.ts';
import { actionTable, clearerTable, conditionTable, interlockTable } from '../plant/interlocks.ts';
import { channelTable, heaterTable, railTable, referenceTable, signalTable } from '../plant/places.ts';
import { filterTable, sensorStateTable } from '../plant/sensors.ts';
import { sequencerTables } from '../q1/tables.ts';
import { readoutTables } from '../readout/module.ts';
import { smpTables } from '../smp/smp.ts';
import { eventKinds } from '../telemetry/events.ts';
import { healthBits } from '../telemetry/health.ts';
import { heartbeatTable } from '../telemetry/heartbeat.ts';
import { telemetryClasses, telemetryKindTable, telemetryTable } from '../telemetry/records.ts';
import { registryText } from '../telemetry/registry.ts';
import { calibrationReference } from './calibration-reference.ts';
import { guestConditions } from './guest-conditions.ts';
import { guestConstants } from './guest-constants.ts';
import { guestInstructions } from './guest-instructions.ts';
import { guestPlant } from './guest-plant.ts';
import { guestReasons } from './guest-reasons.ts';
import { guestRegisters } from './guest-registers.ts';
import { guestRunTask, guestTasks } from './guest-tasks.ts';
import { hostRegisters } from './host-registers.ts';
import { instructionReference } from './instruction-reference.ts';
import { registerReference } from './register-reference.ts';
import { svdFile } from './svd-file.ts';

export const constantTables = [
  memoryMap,
  interruptLines,
  fuseMap,
  lifecycleBits,
  keyPurposes,
  attestationSizes,
  securityCounterTable,
  bootloaderTable,
  tokenTable,
  handoverTable,
  imageFormat,
  tlvTypes,
  trailerFormat,
  rejectReasons,
  slotStates,
  bootDecisions,
  bootPolicy,
  bootRecordTable,
  bootLogTable,
  ...calibrationTables,
  ...smpTables,
  ...sequencerTables,
  refreshTableLayout,
  muxLoads,
  muxWrites,
  muxRuns,
  muxSettings,
  muxCellStates,
  muxFigures,
  muxPlaces,
  muxLimits,
  ...readoutTables,
  eventKinds,
  healthBits,
  channelTable,
  heaterTable,
  railTable,
  referenceTable,
  signalTable,
  activityTable,
  energyTable,
  sensorStateTable,
  filterTable,
  conditionTable,
  actionTable,
  clearerTable,
  interlockTable,
  budgetTable,
  shedTable,
  heartbeatTable,
  telemetryClasses,
  telemetryKindTable,
  telemetryTable,
];

export function generatedFiles(): Record<string, string> {
  peripherals.forEach(checkPeripheral);
  return {
    'guest/generated/registers.ts': guestRegisters(peripherals),
    'guest/generated/constants.ts': guestConstants(constantTables),
    'guest/generated/instructions.ts': guestInstructions(),
    'guest/generated/plant.ts': guestPlant(),
    'guest/generated/reasons.ts': guestReasons(),
    'guest/generated/tasks.ts': guestTasks(),
    '../firmware/generated/run-task.ts': guestRunTask(),
    '../firmware/protect/generated/measured.ts': guestConditions(),
    'generated/registers.ts': hostRegisters(peripherals),
    'generated/chip.svd': svdFile(peripherals),
    'generated/registers.md': registerReference(peripherals),
    'generated/q1.md': instructionReference(),
    'generated/calibration.md': calibrationReference(),
    'generated/telemetry.json': registryText(),
  };
}
