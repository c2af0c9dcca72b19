// `coldrig fleet status|rollout|approve|…|history`: what people do with rollouts.

import { setTimeout as rest } from 'node:timers/promises';
import { Command } from 'commander';
import type { ManageClient } from '../../host/fleet/manage/client.ts';
import { postmortemOf } from '../../host/fleet/manage/postmortem.ts';
import type { RolloutSummary } from '../../host/fleet/manage/summary.ts';
import type { Release } from '../../host/fleet/rollout/events.ts';
import { ExitCode, Failure } from '../failure.ts';
import { writeOutput } from '../files.ts';
import { integerBetween } from '../options.ts';
import { checkOutputs } from '../outputs.ts';
import { rolloutProgress } from '../progress.ts';
import { type GlobalOptions, printing, type Result } from '../result.ts';
import { readPlan } from './plan-file.ts';
import { credentialsOf, type ReachOptions, withManager, withServer } from './reach.ts';
import { devicesText, eventText, fleetText, rolloutText } from './words.ts';

const parseId = integerBetween(1, 999_999_999);
const watchMs = 500;

const ROLLOUT_HELP = `
The plan:
  release: 1.4.2                    its version, its file, or the first digits of its hash
  soak: 2h                          nothing may happen for so long after the last device of a ring has confirmed
  rings:
    - {name: rig, devices: [rig-1]}
    - {name: north, cryostat: north, count: 1, soak: 1 d, approval: true}
    - {name: fleet, rest: true, failures: 3, deadline: 6h}

A ring ends when every device of it runs the release, its soak time has passed, and no gate has closed. Otherwise the rollout stops, and 'onError' says who goes
back to the image before: hold (nobody), ring (the ring that failed, and later ones), rollout (everybody). docs/fleet.md explains all of it.

Exit code 0: created, or with --watch finished. 3: with --watch, it has stopped.

With --json: {ok, rollout: {id, name, state, release, pausedBy, cause, rings: [{name, state, devices, confirmed, unproven, open, waiting, failed, leftOut, soakLeftMs, cause}],
alerts, back, goingBack, notBack, waitsFor}}.`;

export function operateCommands(): Command[] {
  return [
    withServer(new Command('status'))
      .description('devices, releases they run, and rollouts')
      .argument('[rollout]', 'only this one', parseId)
      .option('--devices', 'list every device')
      .addHelpText(
        'after',
        '\nWith --json: {ok, rollouts: [...], devices: [{name, cryostat, version, running, action, failed, seen}]}.',
      )
      .action(printing(status)),
    withServer(new Command('rollout'))
      .description('begin a rollout of a release, ring by ring')
      .argument('<plan>', 'its plan, as YAML')
      .option('--hold', 'create it, and start it later')
      .option('--watch', 'wait for its end')
      .addHelpText('after', ROLLOUT_HELP)
      .action(printing(rollout)),
    withServer(new Command('watch'))
      .description('show a rollout until its end')
      .argument('<rollout>', 'its number', parseId)
      .action(
        printing((options: ReachOptions & GlobalOptions, id: number) =>
          withManager(options, (client, signal) => watched(client, id, options.json === true, signal)),
        ),
      ),
    simple('approve', 'allow a rollout to start'),
    simple('deny', 'forbid a rollout to start'),
    simple('start', 'start a rollout'),
    simple('pause', 'let nothing new begin; what devices have begun goes on'),
    simple('resume', 'go on after a pause, or allow the ring that waits for approval'),
    ...interventions(),
    withServer(new Command('history'))
      .description('everything that was decided, and by whom')
      .argument('[rollout]', 'only this one', parseId)
      .addHelpText('after', '\nWith --json: {ok, events: [{type, atMs, wall, who, …}]}.')
      .action(printing(history)),
    withServer(new Command('postmortem'))
      .description('the record of a rollout with its timeline, as Markdown, for people to go on writing')
      .argument('<rollout>', 'its number', parseId)
      .option('--out <file>', 'write it there (default: print it)')
      .addHelpText(
        'after',
        '\nWith --json: {ok, detectedMs, rolledBackMs, touched, back, text}; file in place of text with --out.',
      )
      .action(printing(postmortem)),
  ];
}

/** What a person does about a rollout, or a device in it, that does not go well. */
function interventions(): Command[] {
  return [
    withServer(new Command('stop'))
      .description('end a rollout; devices that have confirmed keep the release')
      .argument('<rollout>', 'its number', parseId)
      .option('--reason <text>', 'why, for the record', 'stopped by a person')
      .action(printing((options: ReachOptions & { reason: string }, id: number) => stop(options, id, 'hold'))),
    withServer(new Command('rollback'))
      .description('end a rollout, and take every device that it has updated back to the image before')
      .argument('<rollout>', 'its number', parseId)
      .option('--reason <text>', 'why, for the record', 'rolled back by a person')
      .action(printing((options: ReachOptions & { reason: string }, id: number) => stop(options, id, 'rollout'))),
    withServer(new Command('waive'))
      .description('let a rollout go on without a device')
      .argument('<rollout>', 'its number', parseId)
      .argument('<device>', 'its name')
      .requiredOption('--reason <text>', 'why, for the record')
      .action(
        printing((options: ReachOptions & { reason: string }, id: number, device: string) =>
          withManager(options, async (client, signal) => {
            await client.command({ do: 'waive', rollout: id, device, reason: options.reason }, signal);
            return shown(await client.rollout(id, signal));
          }),
        ),
      ),
    withServer(new Command('retry'))
      .description('allow a device a release that it has failed')
      .argument('<device>', 'its name')
      .argument('<release>', 'version, file or first digits of the hash')
      .action(
        printing((options: ReachOptions, device: string, name: string) =>
          withManager(options, async (client, signal) => {
            const { hash, version } = await releaseOf(client, name, signal);
            await client.command({ do: 'retry', device, release: hash }, signal);
            return { text: `device ${device} may get ${version} again`, json: { device, release: hash } };
          }),
        ),
      ),
  ];
}

function simple(what: 'approve' | 'deny' | 'start' | 'pause' | 'resume', about: string): Command {
  return withServer(new Command(what))
    .description(about)
    .argument('<rollout>', 'its number', parseId)
    .action(
      printing((options: ReachOptions, id: number) =>
        withManager(options, async (client, signal) => {
          await client.command({ do: what, rollout: id }, signal);
          return shown(await client.rollout(id, signal));
        }),
      ),
    );
}

function status(options: ReachOptions & { devices?: boolean }, id: number | undefined): Promise<Result> {
  return withManager(options, async (client, signal) => {
    const [rollouts, devices] = await Promise.all([client.rollouts(signal), client.devices(signal)]);
    const chosen = id === undefined ? rollouts : [await client.rollout(id, signal)];
    const list = options.devices ? `\n${devicesText(devices)}` : '';
    return { text: `${fleetText(chosen, devices)}${list}`, json: { rollouts: chosen, devices } };
  });
}

function rollout(
  options: ReachOptions & GlobalOptions & { hold?: boolean; watch?: boolean },
  path: string,
): Promise<Result> {
  const plan = readPlan(path);
  return withManager(options, async (client, signal) => {
    const release = await releaseOf(client, plan.release, signal);
    const id = await client.createRollout({ ...plan, release: release.hash }, signal);
    const { state } = await client.rollout(id, signal);
    if (!options.hold && state === 'READY') await client.command({ do: 'start', rollout: id }, signal);
    if (options.watch) return watched(client, id, options.json === true, signal);
    return shown(await client.rollout(id, signal));
  });
}

async function watched(client: ManageClient, id: number, quiet: boolean, signal: AbortSignal): Promise<Result> {
  const progress = rolloutProgress(quiet, `rollout ${id}`);
  try {
    for (;;) {
      const now = await client.rollout(id, signal);
      progress.update(now);
      if (['FINISHED', 'STOPPED', 'APPROVAL_DENIED'].includes(now.state))
        return { ...shown(now), exitCode: now.state === 'FINISHED' ? ExitCode.OK : ExitCode.UNDONE };
      await rest(watchMs, undefined, { signal });
    }
  } finally {
    progress.stop();
  }
}

function stop(options: ReachOptions & { reason: string }, id: number, scope: 'hold' | 'rollout'): Promise<Result> {
  return withManager(options, async (client, signal) => {
    await client.command({ do: 'stop', rollout: id, scope, reason: options.reason }, signal);
    return shown(await client.rollout(id, signal));
  });
}

function history(options: ReachOptions, id: number | undefined): Promise<Result> {
  return withManager(options, async (client, signal) => {
    // Refused for one that there is not.
    if (id !== undefined) await client.rollout(id, signal);
    const all = await client.events(0, signal);
    const actions = new Set(
      all.flatMap((event) => (event.type === 'action-created' && event.rollout === id ? [event.action] : [])),
    );
    const chosen = all.filter(
      (event) =>
        id === undefined ||
        ('rollout' in event && event.rollout === id) ||
        ('action' in event && actions.has(event.action)),
    );
    const lines = chosen.flatMap((event) => eventText(event) ?? []);
    return { text: lines.length === 0 ? 'nothing yet' : lines.join('\n'), json: { events: chosen } };
  });
}

function postmortem(options: ReachOptions & { out?: string }, id: number): Promise<Result> {
  checkOutputs({ '--out': [options.out, 'the record'] }, credentialsOf(options));
  return withManager(options, async (client, signal) => {
    const [events, { release }] = await Promise.all([client.events(0, signal), client.rollout(id, signal)]);
    const found = postmortemOf(events, id, `${release.name} ${release.version}`);
    if (found === undefined) throw new Failure('FLEET', `the history has no rollout ${id}`);
    const { text, ...facts } = found;
    if (options.out === undefined) return { text, json: { ...facts, text } };
    writeOutput(options.out, text, 'the record');
    return { text: `${options.out}: the record of rollout ${id}`, json: { ...facts, file: options.out } };
  });
}

const shown = (of: RolloutSummary): Result => ({ text: rolloutText(of), json: { rollout: of } });

async function releaseOf(client: ManageClient, name: string, signal: AbortSignal): Promise<Release> {
  // One that was withdrawn and given again is the one that is there.
  const all = (await client.releases(signal)).filter(({ withdrawn }) => !withdrawn);
  const found = all.filter(
    ({ hash, file, version, name: is }) =>
      [file, version, is].includes(name) || (name.length >= 6 && hash.startsWith(name)),
  );
  if (found.length === 1) return found[0];
  const list = all.map(({ file, version, hash }) => `${version} (${file}, ${hash.slice(0, 12)})`).join(', ');
  if (found.length > 1)
    throw new Failure(
      'RELEASE',
      `several releases are '${name}': ${list}; give the file, or the first digits of the hash`,
    );
  throw new Failure('RELEASE', `there is no release '${name}'; the server has ${list || 'none'}`);
}
