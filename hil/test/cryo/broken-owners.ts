// Owners of actuators that are broken on purpose. They stand apart from the test that must see them so that they are compiled before the tests.

import type { SourceChange } from '../../../host/tools/guest.ts';
import { Heater } from '../../../protocol/plant/places.ts';
import type { Course } from './trip-and-clear.ts';

/** With the interlock whose course must show it. */
export const brokenOwners: {
  about: string;
  interlock: string;
  change: SourceChange;
  shows(course: Course): unknown;
}[] = [
  {
    about: 'the duty is lowered and never given back',
    interlock: 'CLOCK_GONE',
    change: {
      path: 'firmware/drive/duty.ts',
      find: 'if (percent != readActivityDuty())',
      replace: 'if (percent < readActivityDuty())',
    },
    shows: ({ before, after }) => before.duty !== after.duty,
  },
  {
    about: 'what a heater was told is forgotten while it is kept off',
    interlock: 'CLOCK_GONE',
    change: {
      path: 'firmware/drive/heaters.ts',
      find: 'const target = mayFlow',
      replace: 'if (!mayFlow) store<u32>(placeOf(requested, heater), 0);\n  const target = mayFlow',
    },
    shows: ({ before, after }) => before[`heater ${Heater.STILL}`] !== after[`heater ${Heater.STILL}`],
  },
  {
    about: 'a rail that was switched off is not raised again',
    interlock: 'PLATE_4K_HOT',
    change: {
      path: 'firmware/drive/rails.ts',
      find: 'if (up && (allowed & ~on) != 0) raise();',
      replace: '',
    },
    shows: ({ before, after }) => before.rails !== after.rails,
  },
  {
    about: 'the health word does not say what is kept off, nor that an interlock is tripped',
    interlock: 'RAIL_UNDER',
    change: {
      path: 'firmware/protect/health.ts',
      find: 'return word;\n}\n\n/** HEALTH_* bits',
      replace: 'return tripped != 0 ? 0 : word;\n}\n\n/** HEALTH_* bits',
    },
    shows: ({ untruths }) => untruths.length > 0,
  },
];
