// Commands that talk to a device: status, reset, confirm, erase, echo, tasks, stat.

import { Command } from 'commander';
import { readAccess } from '../../host/tools/smp/access.ts';
import { readLastFault } from '../../host/tools/smp/boot-group.ts';
import { readInterlocks } from '../../host/tools/smp/cryo.ts';
import { erasedSlot } from '../../host/tools/smp/erased-slot.ts';
import { type ImageState, type SmpClient, SmpError } from '../../host/tools/smp/index.ts';
import { SlotState } from '../../protocol/image/boot-state.ts';
import { runbookPath } from '../../protocol/runbooks.ts';
import { Health } from '../../protocol/telemetry/health.ts';
import { ifKnown, type TargetOptions, withClient, withTarget } from '../client.ts';
import { accessText } from '../device/lock.ts';
import { ExitCode, Failure } from '../failure.ts';
import { parseSlot } from '../options.ts';
import { printing, type Result } from '../result.ts';
import { runbooksOfStatus } from '../runbook/found.ts';
import { table } from '../terminal.ts';
import {
  behindText,
  causeText,
  decisionText,
  faultPlaceText,
  faultText,
  healthText,
  listedVersion,
  reasonText,
  slotName,
  spanText,
} from '../words.ts';

export function addDeviceCommands(program: Command): void {
  program.addCommand(statusCommand());
  program.addCommand(resetCommand());
  program.addCommand(confirmCommand());
  program.addCommand(eraseCommand());
  program.addCommand(echoCommand());
  program.addCommand(tasksCommand());
  program.addCommand(statCommand());
}

function statusCommand(): Command {
  return withTarget(new Command('status'))
    .description('which image runs, its health, and the images in the slots')
    .addHelpText(
      'after',
      '\nWith --json: {ok, target, application, mode, images, health, uptimeSeconds, boot, faults, fault, slots, locked, runbooks}. ' +
        'locked: its console only reads; null when it has no lock. ' +
        'runbooks are the paths of the pages about what is wrong, the first to read first.',
    )
    .action(printing((options: TargetOptions) => withClient(options, (client) => status(client))));
}

async function status(client: SmpClient): Promise<Result> {
  const images = await client.imageState();
  const application = await ifKnown(client.appInfo('a'));
  const heartbeat = await ifKnown(client.statRead('heartbeat'));
  const boot = await ifKnown(client.statRead('boot'));
  const faults = await ifKnown(client.statRead('faults'));
  const fault = await ifKnown(readLastFault(client));
  const slots = await ifKnown(client.statRead('slots'));
  const access = await ifKnown(readAccess(client));
  const running = images.find(({ active }) => active);
  const mode = running ? 'firmware' : 'safe-mode';
  const rows = [['device', client.transport.name]];
  if (application !== undefined) rows.push(['system', application]);
  if (mode === 'safe-mode') rows.push(['mode', 'safe mode: no image runs, the bootloader answers']);
  if (heartbeat)
    rows.push([
      'health',
      `${healthText(heartbeat.health)}, up ${heartbeat.uptime_s === 0 ? 'less than a second' : spanText(heartbeat.uptime_s * 1e9)}`,
    ]);
  if (boot) rows.push(['last boot', `${causeText(boot.reset_cause)}: ${decisionText(boot.decision)}`]);
  if (access?.locked) rows.push(['access', accessText(access)]);
  if (fault && fault.count > 0) {
    rows.push([
      'faults',
      `${fault.count} since power-on, the last: ${faultPlaceText(fault.cause, fault.functionName)}`,
    ]);
  }
  for (const image of images) {
    rows.push([`slot ${slotName(image.slot)}`, imageText(image)]);
    const against = reasonAgainst(image, slots);
    if (against !== undefined) rows.push(['', `  ${against}`]);
    const behind = image.pending ? behindText(image.version, running) : undefined;
    if (behind !== undefined) rows.push(['', `  waits: ${behind}`]);
  }
  const tripped =
    ((heartbeat?.health ?? 0) & Health.INTERLOCK) !== 0 ? await ifKnown(readInterlocks(client)) : undefined;
  const runbooks = runbooksOfStatus({
    health: heartbeat?.health ?? 0,
    tripped: tripped?.tripped ?? 0,
    boot,
    fault,
    slots,
  });
  if (runbooks.length > 0) rows.push(['runbooks', `${runbooks.join(', ')} ('coldrig runbook NAME' shows one)`]);
  return {
    text: table(rows),
    json: {
      ...{ target: client.transport.name, application: application ?? null, mode, images: images.map(imageJson) },
      ...{ health: heartbeat?.health ?? null, uptimeSeconds: heartbeat?.uptime_s ?? null },
      ...{ boot: boot ?? null, faults: faults ?? null, slots: slots ?? null },
      locked: access?.locked ?? null,
      fault: fault && fault.count > 0 ? { cause: faultText(fault.cause), function: fault.functionName } : null,
      runbooks: runbooks.map(runbookPath),
    },
  };
}

/** The reason that the device keeps against an image, or that it found at the last check. */
function reasonAgainst({ slot, bootable }: ImageState, slots: Record<string, number> | undefined): string | undefined {
  const letter = slot === 0 ? 'a' : 'b';
  const [kept, found] = [slots?.[`${letter}_reason`] ?? 0, slots?.[`${letter}_found`] ?? 0];
  if (kept !== 0)
    return `${slots?.[`${letter}_state`] === SlotState.CONFIRMED ? 'noted' : 'refused'}: ${reasonText(kept)}`;
  return bootable || found === 0 ? undefined : `cannot boot: ${reasonText(found)}`;
}

function imageText(image: ImageState): string {
  const flags = (['active', 'confirmed', 'pending', 'permanent', 'bootable'] as const).filter((flag) => image[flag]);
  const hash = image.hash ? hex(image.hash).slice(0, 16) : '';
  return `${listedVersion(image.version).padEnd(12)} ${flags.join(' ').padEnd(26)} ${hash}`.trimEnd();
}

function imageJson({ slot, version, hash, bootable, pending, confirmed, active, permanent }: ImageState): object {
  const flags = { bootable, pending, confirmed, active, permanent };
  return { slot: slotName(slot), version: listedVersion(version), hash: hash ? hex(hash) : null, ...flags };
}

interface ResetOptions extends TargetOptions {
  safeMode?: boolean;
  wait: boolean;
}

function resetCommand(): Command {
  return withTarget(new Command('reset'))
    .description('reset the device; a trial that is not confirmed is rolled back')
    .option('--safe-mode', 'stay in the bootloader after the reset')
    .option('--no-wait', 'do not wait until the device answers again')
    .action(
      printing((options: ResetOptions) =>
        withClient(options, async (client, signal) => {
          await client.reset({ bootMode: options.safeMode ? 1 : undefined }, { signal });
          if (!options.wait) return { text: 'the device resets now', json: {} };
          await client.waitUntilBack({ signal });
          return status(client);
        }),
      ),
    );
}

function confirmCommand(): Command {
  return withTarget(new Command('confirm'))
    .description('confirm the image that runs')
    .action(
      printing((options: TargetOptions) =>
        withClient(options, async (client, signal): Promise<Result> => {
          const images = await client.imageConfirm(undefined, { signal }).catch((error) => refused(client, error));
          const running = images.find(({ active }) => active);
          if (!running?.confirmed) throw new Failure('NOT_CONFIRMED', 'the device did not confirm; try coldrig status');
          const { version, slot } = running;
          return {
            text: `version ${listedVersion(version)} in slot ${slotName(slot)} is confirmed`,
            json: { version: listedVersion(version), slot: slotName(slot), images: images.map(imageJson) },
          };
        }),
      ),
    );
}

/** Adds the health of the device to its refusal, when the device gives it. */
async function refused(client: SmpClient, error: unknown): Promise<never> {
  if (!(error instanceof SmpError) || error.kind !== 'device') throw error;
  const heartbeat = await ifKnown(client.statRead('heartbeat'));
  const images = await ifKnown(client.imageState());
  const nothingRuns = images !== undefined && !images.some(({ active }) => active);
  const health = heartbeat
    ? ` It is ${healthText(heartbeat.health)}.`
    : nothingRuns
      ? " No image runs: the device is in safe mode ('coldrig status')."
      : '';
  throw new Failure(error.name, `${error.message}.${health}`, {
    exitCode: ExitCode.UNDONE,
    facts: { health: heartbeat?.health },
  });
}

interface EraseOptions extends TargetOptions {
  slot?: number;
}

function eraseCommand(): Command {
  return withTarget(new Command('erase'))
    .description('erase a slot that does not run')
    .option('--slot <A|B>', 'the slot; without it the device chooses, and the answer names the slot', parseSlot)
    .action(
      printing((options: EraseOptions) =>
        withClient(options, async (client, signal): Promise<Result> => {
          const before = options.slot === undefined ? await client.imageState({ signal }) : [];
          await client.erase(options.slot, { signal });
          const slot = options.slot ?? erasedSlot(before, await client.imageState({ signal }));
          if (slot !== undefined) return { text: `slot ${slotName(slot)} is erased`, json: { slot: slotName(slot) } };
          return {
            text: 'a slot is erased; neither A nor B had an image, so it is not known which',
            json: { slot: null },
          };
        }),
      ),
    );
}

function echoCommand(): Command {
  return withTarget(new Command('echo'))
    .description('send a text, which the device sends back')
    .argument('<text>')
    .action(
      printing((options: TargetOptions, text: string) =>
        withClient(options, async (client, signal): Promise<Result> => {
          const begin = performance.now();
          const echo = await client.echo(text, { signal });
          const milliseconds = Math.round((performance.now() - begin) * 1000) / 1000;
          return { text: `${echo}  (${milliseconds.toFixed(1)} ms)`, json: { echo, milliseconds } };
        }),
      ),
    );
}

function tasksCommand(): Command {
  return withTarget(new Command('tasks'))
    .description('list the tasks of the firmware')
    .action(
      printing((options: TargetOptions) =>
        withClient(options, async (client, signal): Promise<Result> => {
          const tasks = await client.taskstat({ signal });
          const rows = Object.entries(tasks).map(([name, task]) => [
            name,
            ...[task.priority, task.contextSwitches ?? '', task.runtime ?? ''].map(String),
          ]);
          return { text: table([['task', 'priority', 'runs', 'cycles'], ...rows]), json: { tasks } };
        }),
      ),
    );
}

function statCommand(): Command {
  return withTarget(new Command('stat'))
    .description('counters of the device')
    .argument('[name]', 'one group of counters (default: all)')
    .action(
      printing((options: TargetOptions, name?: string) =>
        withClient(options, async (client, signal): Promise<Result> => {
          const statistics: Record<string, Record<string, number>> = {};
          for (const group of name === undefined ? await client.statList({ signal }) : [name]) {
            statistics[group] = await client.statRead(group, { signal });
          }
          const rows = Object.entries(statistics).flatMap(([group, fields]) =>
            Object.entries(fields).map(([field, value]) => [group, field, String(value)]),
          );
          return { text: table(rows), json: { statistics } };
        }),
      ),
    );
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
