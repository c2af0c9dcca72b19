// The SMP task: management requests over both lines, and the reset they may ask for.
//
// Lines are drained in the interrupt, requests are served here, so a burst of bytes never waits for a request under way.
// The server, OS, IMG, STAT and ENUM are the bootloader's own (protocol/guest/smp): safe mode answers with the same code.

import { setConfirmDenied } from '../../bootloader/image/smp/img-state';
import { confirmingItself, isToConfirmItself } from '../../bootloader/image/smp/self-confirm';
import { startService } from '../../bootloader/image/smp/service';
import { NS_PER_SECOND, uptimeNs } from '../../protocol/guest/clock';
import { burnBusy } from '../../protocol/guest/fuse-burn';
import { NO_RESET, resetDeadlineNs, resetWhenDue } from '../../protocol/guest/smp/reset';
import { echoWaits, requestWaits } from '../../protocol/guest/smp/server';
import { releaseTask, wakeTask } from '../kernel/releases';
import { TASK_SMP } from '../kernel/tasks';
import { healthWord, isWell } from '../protect/health';
import { mayServeRequests, nextServiceNs, noteService, startRequestPower } from '../protect/request-power';
import { registerSequencers } from '../pulse/group';
import { registerAccess, serveAllowedRequest } from './access';
import { registerAttestation } from './attestation';
import { registerCryo } from './cryo';
import { listFigures, refreshFigures } from './figures';
import { describeFirmware } from './info';
import { registerMultiplexer } from './multiplexer';
import { registerReadout } from './readout';
import { registerTelemetry } from './telemetry-group';

export function startSmp(): void {
  assert(nextLookNs == 0 && !waits, 'it is started once');
  startRequestPower();
  startService();
  registerSequencers();
  registerCryo();
  registerMultiplexer();
  registerReadout();
  registerTelemetry();
  registerAttestation();
  registerAccess();
  describeFirmware();
  listFigures();
  // An image that is to confirm itself does so also when no request ever comes.
  releaseTask(TASK_SMP);
}

/** When the boot state is read again to see whether the running image is to confirm itself; and whether it was, at the last look. */
let nextLookNs: u64 = 0;
let waits: bool = false;

/**
 * An image that is to be kept confirms itself when it has been healthy for long enough; that goes before requests. True while it is under way.
 * The boot state is read once a second and not for every request: a full wire of requests must be answered in time.
 */
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
  // Set anew at every run, because a run of an event task uses up its release.
  if (waits) wakeTask(TASK_SMP, nextLookNs);
  return false;
}

/** One piece of work a run: a request, or a step of one that takes several. */
export function runSmp(): void {
  assert(nextLookNs != 0 || !waits, 'nothing waits before the first look');
  if (!selfConfirm()) serveNext();
  resetWhenDue();
  // A reset that was requested comes when this run of the core returns: the task need not wake up again.
  const deadlineNs = resetDeadlineNs();
  assert(deadlineNs != 0, 'a reset has a time, or there is none');
  if (deadlineNs != NO_RESET && deadlineNs > uptimeNs()) wakeTask(TASK_SMP, deadlineNs);
}

function serveNext(): void {
  if (!mayServeRequests()) {
    const laterNs = nextServiceNs();
    assert(laterNs > uptimeNs(), 'a request that waits is served later');
    wakeTask(TASK_SMP, laterNs);
    return;
  }
  // A line interrupts for every part of a frame, so health is calculated only where a request waits, and not for an echo, which does not need it.
  if (!requestWaits()) return;
  noteService();
  assert(nextLookNs != 0, 'whether to confirm itself comes before requests');
  if (!echoWaits()) tellHealth();
  if (serveAllowedRequest()) releaseTask(TASK_SMP);
}

/** A confirm is denied while the chip is not healthy; figures are as of now. */
function tellHealth(): void {
  const health = healthWord();
  refreshFigures(health);
  setConfirmDenied(health != 0);
  assert(requestWaits(), 'somebody is told');
  assert(!echoWaits(), 'an echo is answered without it');
}
