// The boots after glitches: most glitches leave flash and fuses as another one has left them, and the boot that follows is then judged already.
//
// Power was off between both boots, so what is left is flash, fuses and the time; the bench is quiet, and judges do not look at the time. A device with
// unstable bits is never known. What must stay true: one in so many known boots is run and judged all the same (glitch.ts).

import type { Board } from '../../../host/board/board.ts';
import { isAnyWeak, type Remains } from '../device/cells.ts';
import { differenceOf } from '../device/change.ts';

export class BootsAfter {
  private readonly sound: { left: Remains; isForgiven: boolean }[] = [];

  /** Whether a boot from what this board holds was judged, and nothing was found. `isForgiven`: what it was judged by. */
  isKnown(board: Board, isForgiven: boolean): boolean {
    if (isAnyWeak(board)) return false;
    return this.sound.some((known) => known.isForgiven === isForgiven && differenceOf(known.left, board) === undefined);
  }

  /** What a board holds, before it boots. */
  static leftOn({ machine, fuses }: Board): Remains {
    const picture = machine.flash.picture();
    const [cells, weak] = [fuses.cells.slice(), fuses.weak.slice()];
    return { machine: { flash: { picture: () => picture } }, fuses: { cells, weak } };
  }

  /** Nothing was found in the boot from there. */
  keep(left: Remains, isForgiven: boolean): void {
    if (!isAnyWeak(left)) this.sound.push({ left, isForgiven });
  }
}
