// Flash jobs as their unit test sees them.

import { flashService } from './job';

export { flashBusy, flashErase, flashFailed, flashProgram, isErased } from './job';

export function reset(): void {}

export function interrupt(_lines: u32): void {
  flashService();
}
