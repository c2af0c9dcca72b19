// The result of an update in words: what the device did, and why, from its boot log, its boot state and its fault record.
//
// What must stay true: every sentence comes from something that the device reported; when it reports nothing, the sentence says so.

import type { LoggedBoot } from '../host/tools/smp/boot-group.ts';
import type { UpdateResult, Verdict } from '../host/tools/update-result.ts';
import { RejectReason, rejectReasons } from '../protocol/image/reasons.ts';
import { ACCESS_REASON } from '../protocol/smp/access.ts';
import {
  behindText,
  bytesText,
  causeText,
  decisionText,
  faultText,
  healthText,
  listedVersion,
  reasonText,
  slotName,
  spanText,
} from './words.ts';

/** One paragraph, without the name of the file. `moduleRefusal`: the message of the core, when it would refuse the module. */
export function verdictText(result: UpdateResult, bytes: number, moduleRefusal?: string): string {
  const { version, upload, running } = result;
  const took = upload ? `${bytesText(bytes)} in ${spanText(upload.elapsedMs * 1e6)}` : 'it was there already';
  const now = running
    ? `version ${listedVersion(running.version)} in slot ${slotName(running.slot)} runs`
    : 'no image runs: the device is in safe mode';
  const sentences: Record<Verdict, () => string> = {
    uploaded: () => `version ${version} uploaded (${took}); ${waitingText(result)}`,
    'on-trial': () =>
      `version ${version} runs on trial (${took})${unwell(result)}; ${trialAdvice(result)}${resetsText(result)}`,
    confirmed: () => `version ${version} runs and is confirmed (${took})${unwell(result)}${resetsText(result)}`,
    refused: () => `version ${version} was refused, ${now}. ${refusedBecause(result)}`,
    'rolled-back': () => `version ${version} was rolled back, ${now}. ${why(result, moduleRefusal)}`,
    failing: () => `version ${version} runs, but it does not run well${unwell(result)}${resetsText(result)}`,
    silent: () =>
      `version ${version} was uploaded, and its trial was requested. ${silenceText(result)}. ` +
      "What the device runs is not known: check its power and its line, then 'coldrig status'",
  };
  return sentences[result.verdict]();
}

function silenceText({ silence }: UpdateResult): string {
  if (silence?.kind === 'link') return `Then the connection broke (${silence.message})`;
  return 'The device has not answered since it was reset';
}

function waitingText({ waiting, version, running }: UpdateResult): string {
  if (waiting === 'unmarked') return 'no trial is requested yet: flash it with --test or --confirm';
  const behind = behindText(version, running);
  if (behind !== undefined) return `it waits in its slot: ${behind}`;
  const then = waiting === 'trial' ? 'runs it on trial' : 'runs it on trial, and it confirms itself once it is healthy';
  return `the next reset ${then} ('coldrig reset')`;
}

function trialAdvice({ confirmsItself }: UpdateResult): string {
  return confirmsItself
    ? "it confirms itself when it has been healthy for a minute; drop it before that with 'coldrig reset'"
    : "keep it with 'coldrig confirm', drop it with 'coldrig reset'";
}

function unwell({ health }: UpdateResult): string {
  return health ? `, and is ${healthText(health)}` : '';
}

function resetsText({ resets, boots }: UpdateResult): string {
  if (resets === 0) return '';
  const times = resets === 1 ? 'once' : `${resets} times`;
  const causes = [...new Set(boots?.slice(-resets).map(beganWith))].join(', ');
  const known = boots ? ` (${causes})` : ', as far as can be told: it fell silent, and it keeps no boot log';
  return `. It was reset ${times} while it was watched${known}`;
}

/** What is wrong with the image, according to the device. SMP has few codes for that; the step gives their meaning. */
export function refusedBecause({ refusal, refusedAt }: UpdateResult): string {
  if (refusal === undefined) return '';
  const [code] = Object.entries(rejectReasons.values).find(([name]) => name === refusal.reason)?.[1] ?? [];
  if (code !== undefined)
    return `Its reason: ${reasonText(code)} (${refusal.reason}); 'coldrig image verify' says more`;
  const meanings: Record<string, string> = {
    ECORRUPT: 'what is in its slot is not what was signed: the file is damaged, or was changed after signing',
    EACCESSDENIED: 'its signature, key, security counter or board is not one this device accepts',
  };
  const isOfTheImage = refusedAt === 'mark' && refusal.reason !== ACCESS_REASON;
  const meaning = isOfTheImage ? meanings[refusal.name] : undefined;
  if (meaning === undefined) return refusal.message;
  return `${meaning} (${refusal.name}); 'coldrig image verify' says more`;
}

/** Why the device rolled back, according to the device. */
export function why(result: UpdateResult, moduleRefusal?: string): string {
  const { health, reason, boots, refusal } = result;
  if (health) return `It was ${healthText(health)}.`;
  const said: string[] = [];
  const end = boots && endOfTrial(boots, result.hash);
  if (reason !== 0) said.push(`Reason: ${reasonText(reason)}.`);
  if (reason === RejectReason.CORE_REFUSED && moduleRefusal !== undefined) said.push(`${moduleRefusal}.`);
  if (end)
    said.push(`Boot ${end.number} began with: ${beganWith(end)}. The bootloader: ${decisionText(end.decision)}.`);
  if (said.length > 0) return said.join(' ');
  if (refusal !== undefined) return refusal.message;
  return boots === undefined
    ? 'This device keeps no boot log, so it cannot say why.'
    : 'Its boot log does not say why.';
}

/** The first boot after the last one in which the image ran; the last boot when it never ran. */
function endOfTrial(boots: readonly LoggedBoot[], hash: Uint8Array): LoggedBoot | undefined {
  const ran = boots.findLastIndex((boot) => boot.ran !== undefined && Buffer.compare(boot.ran.hash, hash) === 0);
  return boots[ran + 1] ?? boots.at(-1);
}

function beganWith({ cause, fault }: LoggedBoot): string {
  return fault === undefined ? causeText(cause) : `${causeText(cause)}: ${faultText(fault.cause)}`;
}
