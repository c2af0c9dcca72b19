// The order of the test files in a run: those that take longest begin first, so that at its end no process works alone at one of them.
//
// The runner begins with the largest files, or with those whose tests took longest the last time. It does not count what a file does while it is
// imported, and a proof's slice is nothing else.
//
// What must stay true: the order changes when a file runs, never whether it runs.

/** Longest first. Files that mostly wait, for a board in real time or for processes, are before those that calculate beside them. */
export const longest = [
  'cli/calibrate/over-smp.test.ts',
  'cli/hil.test.ts',
  'hil/prove/power/power.test.ts',
  'hil/prove/canaries/canaries.test.ts',
  'hil/prove/coverage.test.ts',
  'hil/test/calibration/closed-loop.test.ts',
  'hil/prove/glitch/glitch.test.ts',
  'hil/test/faults/mitigations.test.ts',
  'host/telemetry/faults.test.ts',
  'cli/run/killed.test.ts',
  'host/tools/calibration/drift/drift.test.ts',
  'host/tools/calibration/nodes/nodes.test.ts',
  'cli/readout/readout.test.ts',
  'hil/test/readout/chain-shots.test.ts',
  'hil/test/hostile/power.test.ts',
  'hil/test/boot/decide.test.ts',
  'hil/test/pulse/properties.test.ts',
  'hil/prove/run.test.ts',
  'hil/test/determinism/determinism.test.ts',
  'hil/test/debug/debugger.test.ts',
  'hil/test/multiplexer/calm.test.ts',
  'host/links/device-file/killed.test.ts',
  'hil/test/tidy/tidy.test.ts',
  'cli/run/run.test.ts',
  'host/board/cpu/meter.test.ts',
  'hil/test/cryo/owned.test.ts',
  'host/links/device-file/crash.test.ts',
];

/** The same files; those that are not among the longest keep their order. */
export function longestFirst<File extends { moduleId: string }>(files: readonly File[]): File[] {
  return [...files].sort((one, other) => placeOf(one) - placeOf(other));
}

function placeOf({ moduleId }: { moduleId: string }): number {
  const place = longest.findIndex((path) => moduleId.endsWith(`/${path}`));
  return place < 0 ? longest.length : place;
}
