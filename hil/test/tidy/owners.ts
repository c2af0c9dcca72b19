// Every actuator has one owner: the one file of the firmware that may write its register.
//
// A register with two writers is in the state that the last of them left it in, and nobody can say when it comes back. What must stay true: what
// drives the world outside the chip, or the chip's own supply and clock, is listed here with the file that combines all its causes.

import { isCode, isGenerated, isTest, type SourceFile } from './sources.ts';

/** Register, as the accessors spell it, and its owner. */
export const actuatorOwners: Readonly<Record<string, string>> = {
  OutputsEnable: 'firmware/drive/outputs.ts',
  OutputsDisable: 'firmware/drive/outputs.ts',
  ActivityDuty: 'firmware/drive/duty.ts',
  MultiplexerCommand: 'firmware/drive/multiplexer.ts',
  MultiplexerCode: 'firmware/drive/multiplexer.ts',
  MultiplexerLoad: 'firmware/drive/multiplexer.ts',
  ReadoutControl: 'firmware/drive/readout.ts',
  ReadoutSelect: 'firmware/drive/readout.ts',
  ReadoutValue: 'firmware/drive/readout.ts',
  ReadoutCommand: 'firmware/drive/readout.ts',
  ReadoutScopeOffset: 'firmware/drive/readout.ts',
  RailsEnable: 'firmware/drive/rails.ts',
  HeatersDuty: 'firmware/drive/heaters.ts',
  HeatersLimit: 'firmware/drive/heaters.ts',
  ClockSelect: 'firmware/sense/clock.ts',
  FrontendAttenuation: 'firmware/drive/gain.ts',
  ThermometryControl: 'firmware/sense/thermometry.ts',
  ThermometryExcitation: 'firmware/sense/thermometry.ts',
  InterlockTripped: 'firmware/protect/interlock.ts',
  InterlockClear: 'firmware/protect/interlock.ts',
  RetainedData: 'firmware/report/telemetry-blocks.ts',
  RecorderIndex: 'firmware/report/telemetry.ts',
};

/** Nobody but its owner writes the register of an actuator. */
export const oneOwnerAnActuator = (files: SourceFile[], owners = actuatorOwners): string[] =>
  files
    .filter(({ path }) => path.startsWith('firmware/') && isCode(path) && !isTest(path) && !isGenerated(path))
    .flatMap((file) =>
      file.lines.flatMap((line, index) =>
        [...line.matchAll(/\bwrite([A-Z]\w*)\s*\(/g)]
          .filter(([, register]) => owners[register] !== undefined && owners[register] !== file.path)
          .map(
            ([call, register]) =>
              `${file.path}:${index + 1} calls ${call.replace(/\s*\($/, '')}, whose one owner is ${owners[register]}. State the cause in firmware/in-force/statement.ts, and let the owner combine it.`,
          ),
      ),
    );

/** The list has no owner that is not there, or does not write what it owns. */
export const everyOwnerWrites = (files: SourceFile[], owners = actuatorOwners): string[] =>
  Object.entries(owners)
    // No firmware lowers a heater's limit today; who does it first must be its owner.
    .filter(([register]) => register !== 'HeatersLimit')
    .filter(([register, owner]) => !files.find(({ path }) => path === owner)?.text.includes(`write${register}(`))
    .map(
      ([register, owner]) =>
        `${owner} is to own write${register} and never calls it. Correct hil/test/tidy/owners.ts, or the owner.`,
    );
