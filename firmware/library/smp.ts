// The SMP server on both lines: images (upload, test, confirm, erase), OS, statistics and the boot group, with the code of the bootloader.
//
//   reset():       startSmp('my firmware') adds its task; SMP_LINES belong to the lines of startTasks
//   interrupt():   takeSmpLines(lines), then runTasks(lines)
//
// What must stay true: a confirm is refused while the health word is not zero, and an image that is to confirm itself (`imgtool sign --confirm`) does so
// after a healthy minute. A request is served in the task, never in the interrupt, so that a burst of bytes waits for no request. A device that is locked to
// its gateway lets the console read only, in your groups as well.

import { setConfirmDenied } from '../../bootloader/image/smp/img-state';
import { confirmingItself, isToConfirmItself } from '../../bootloader/image/smp/self-confirm';
import { SERVICE_LINES, serviceLines, startService } from '../../bootloader/image/smp/service';
import { NS_PER_SECOND, uptimeNs } from '../../protocol/guest/clock';
import { burnBusy } from '../../protocol/guest/fuse-burn';
import { INFO_SYSTEM, INFO_VERSION, setInfo } from '../../protocol/guest/smp/os-info';
import { NO_RESET, resetDeadlineNs, resetWhenDue } from '../../protocol/guest/smp/reset';
import { requestWaits } from '../../protocol/guest/smp/server';
import { releaseTask, wakeTask } from '../kernel/releases';
import { registerAccess, serveAllowedRequest } from '../report/access';
import { describeFirmware } from '../report/info';
import { healthWord, isWell } from './health';
import { serveHeartbeat } from './heartbeat';
import { addEventTask } from './scheduler';
import { listStatistics, refreshStatistics } from './statistics';

export { registerGroup } from '../../protocol/guest/smp/groups';

/** Lines of startTasks that the server answers. */
export const SMP_LINES: u32 = SERVICE_LINES;

/** Its worst case is verifying a full slot and its token. */
const BUDGET_CYCLES: u32 = 40_000_000;
const DEADLINE_MS: u32 = 200;

let task: u32 = 0;
let nextLookNs: u64 = 0;
let waits: bool = false;

/** Adds the task of the server. Add your other tasks before it: they go first, and a request may take 160 ms. `name`: what `OS info` shows. */
export function startSmp(name: string): void {
  assert(nextLookNs == 0, 'it is started once');
  assert(name.length != 0, 'a firmware has a name');
  task = addEventTask('smp', runSmp, DEADLINE_MS, BUDGET_CYCLES);
  startService();
  describeFirmware();
  setInfo(INFO_SYSTEM, name);
  setInfo(INFO_VERSION, name);
  serveHeartbeat();
  registerAccess();
  listStatistics();
  // An image that is to confirm itself does so also when no request ever comes.
  releaseTask(task);
}

/** Drains the lines that interrupt() was called with. */
export function takeSmpLines(lines: u32): void {
  assert(task != 0 || nextLookNs == 0, 'the server was started');
  if ((lines & SERVICE_LINES) == 0) return;
  serviceLines(lines);
  releaseTask(task);
}

/** One piece of work a run: a request, or a step of one that takes several. */
function runSmp(): void {
  assert(nextLookNs != 0 || !waits, 'nothing waits before the first look');
  if (!selfConfirm()) serveNext();
  resetWhenDue();
  const deadlineNs = resetDeadlineNs();
  assert(deadlineNs != 0, 'a reset has a time, or there is none');
  if (deadlineNs != NO_RESET && deadlineNs > uptimeNs()) wakeTask(task, deadlineNs);
}

/** Whether the image is confirming itself; no request is served meanwhile. The boot state is looked at once a second. */
function selfConfirm(): bool {
  if (confirmingItself(false)) return true;
  const now = uptimeNs();
  if (now >= nextLookNs) {
    nextLookNs = now + NS_PER_SECOND;
    waits = isToConfirmItself();
    // A burn of the lock is over in a moment; there is one programmer of fuses.
    if (waits && !burnBusy() && confirmingItself(isWell())) return true;
  }
  assert(nextLookNs > now, 'the next look is in the future');
  if (waits) wakeTask(task, nextLookNs);
  return false;
}

function serveNext(): void {
  if (!requestWaits()) return;
  const health = healthWord();
  refreshStatistics(health);
  setConfirmDenied(health != 0);
  assert(requestWaits(), 'somebody is told');
  if (serveAllowedRequest()) releaseTask(task);
}
