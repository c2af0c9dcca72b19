// Flash jobs as their unit test sees them.

import { flashService } from './flash-job';

export { flashBusy, flashErase, flashProgram, isErased, takeFlashResult } from './flash-job';

export function reset(): void {}

export function interrupt(_lines: u32): void {
  flashService();
}
