// The SMP task: management requests over both lines, and the reset they may ask for.
//
// Lines are drained in the interrupt, requests are served here, so a burst of bytes never waits for a request under way.
// The server, OS, IMG, STAT and ENUM are the bootloader's own (protocol/guest/smp): safe mode answers with the same code.

import { setConfirmDenied } from '../../bootloader/image/smp/img-state';
import { confirmingItself, isToConfirmItself } from '../../bootloader/image/smp/self-confirm';
import { startService } from '../../bootloader/image/smp/service';
import { NS_PER_SECOND, uptimeNs } from '../../protocol/guest/clock';
import { NO_RESET, resetDeadlineNs, resetWhenDue } from '../../protocol/guest/smp/reset';
import { serveRequest } from '../../protocol/guest/smp/server';
import { releaseTask, wakeTask } from '../kernel/releases';
import { TASK_SMP } from '../kernel/tasks';
import { healthWord, isWell } from '../protect/health';
import { registerSequencers } from '../pulse/group';
import { registerCryo } from './cryo';
import { listFigures, refreshFigures } from './figures';
import { describeFirmware } from './info';

export function startSmp(): void {
  startService();
  registerSequencers();
  registerCryo();
  describeFirmware();
  listFigures();
}

/** One piece of work a run: a request, or a step of one that takes several. */
export function runSmp(): void {
  refreshFigures();
  setConfirmDenied(healthWord() != 0);
  // An image that was asked for for good confirms itself once it is well: that is looked at every second, and goes before requests.
  if (!confirmingItself(isToConfirmItself() && isWell()) && serveRequest()) releaseTask(TASK_SMP);
  if (isToConfirmItself()) wakeTask(TASK_SMP, uptimeNs() + NS_PER_SECOND);
  resetWhenDue();
  // Once asked for, the reset comes when this run of the core returns; there is nothing left to wake up for.
  const deadlineNs = resetDeadlineNs();
  assert(deadlineNs != 0, 'a reset has a time, or there is none');
  if (deadlineNs != NO_RESET && deadlineNs > uptimeNs()) wakeTask(TASK_SMP, deadlineNs);
}
