// The part of the rig that users import. Everything here is documented at its definition and is stable from version to version.
// The other files of this folder are for our own tests.

export type { Disturbance, Surroundings } from '../../host/board/surroundings.ts';
export { type Coverage, mergeCoverage } from '../../host/tools/coverage/coverage.ts';
export { CallProfile } from '../../host/tools/profile/call-profile.ts';
export { type PathStep, type WorstCase, worstCases } from '../../host/tools/profile/worst.ts';
export type { SmpClient } from '../../host/tools/smp/index.ts';
export type { BootReport, SlotName } from './boot-report.ts';
export { countedWhile, lcovOfCoverage } from './coverage.ts';
export { DeviceUnderTest } from './device.ts';
export type { DeviceOptions } from './device-options.ts';
export { eventLines } from './event-log.ts';
export { type Fault, FaultSyntaxError, faultHelp, parseFault } from './faults/language.ts';
export { firmwareImage, signed } from './images.ts';
export { keys } from './keys.ts';
export type { LineName } from './lines.ts';
export { speedscopeOf } from './profile.ts';
export type { Programmer } from './programmer.ts';
export { PulseDevice } from './pulse/pulse-device.ts';
export { type PulseProgram, type PulseResult, runPulse } from './pulse/run.ts';
export { millisecond, second } from './time.ts';
export type { DeviceUploadOptions } from './upload.ts';
export { WiredCryostat, type WiringOptions } from './wiring.ts';
