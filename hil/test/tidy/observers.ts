// The rule that keeps observers from changing what they look at: they are handed views (host/board/view.ts, host/plant/cryostat/view.ts),
// and cannot name the things themselves.

import type { Rule } from './rules.ts';
import { importsOf, isCode, isTest } from './sources.ts';

/** Whose files only look. */
const observers = /^(cli\/run\/|host\/links\/(bluefors|lake-shore)\/)/;
/** Of those, who actuators: makes the board, gives it inputs, keeps its flash. */
const actors = ['cli/run/fridge.ts', 'cli/run/new-device.ts', 'cli/run/session.ts'];
const things = ['host/board/board.ts', 'host/board/machine.ts', 'host/plant/cryostat/cryostat.ts', 'hil/rig/wiring.ts'];
/** Nobody there reads registers as a debugger does. */
const debuggers = /^(cli|host\/links)\//;

export const observersOnlyView: Rule = (files) =>
  files
    .filter(({ path }) => isCode(path) && !isTest(path))
    .flatMap((file) => {
      const isObserver = observers.test(file.path) && !actors.includes(file.path);
      const imports = importsOf(file)
        .filter(({ target }) => isObserver && target !== undefined && things.includes(target))
        .map(
          ({ target, line }) =>
            `${file.path}:${line} imports ${target}: who only looks takes a BoardView or a CryostatView, which cannot change a run.`,
        );
      const peeks = file.lines.flatMap((text, i) =>
        debuggers.test(file.path) && /\.machine\b|\.(peek|poke)\(/.test(text) && !text.trimStart().startsWith('//')
          ? [
              `${file.path}:${i + 1} reaches into the machine: reading a register there does what the chip does when it reads; use BoardView.`,
            ]
          : [],
      );
      return [...imports, ...peeks];
    });
