// `coldrig fleet agent`: brings updates of a server to a device, or to all devices of a gateway.

import { join } from 'node:path';
import { Command } from 'commander';
import { parse } from 'yaml';
import { Agent } from '../../host/fleet/agent/agent.ts';
import type { FlashDoor } from '../../host/fleet/agent/door.ts';
import { AgentJournal, JournalError } from '../../host/fleet/agent/journal.ts';
import { MetadataRefusal } from '../../host/fleet/agent/metadata.ts';
import type { AgentEvent } from '../../host/fleet/agent/options.ts';
import { runAgents } from '../../host/fleet/agent/run.ts';
import { DdiClient } from '../../host/fleet/ddi/client.ts';
import { httpFiles, RepositoryReader } from '../../host/fleet/repository/reader.ts';
import { shownAddress } from '../../host/telemetry/http-post.ts';
import { hostTime } from '../../host/telemetry/time.ts';
import { SmpClient } from '../../host/tools/smp/index.ts';
import { parseTarget } from '../../host/tools/smp/target.ts';
import { deviceNamePattern } from '../../protocol/fleet/ddi.ts';
import { recoverCredential } from '../device/credential.ts';
import { keepRenewed, type Renewal } from '../device/renewal.ts';
import { Failure } from '../failure.ts';
import { readInput, readWrittenText } from '../files.ts';
import { verdictText } from '../flash-words.ts';
import { endedFromOutside } from '../interruption.ts';
import { integerBetween, parseAddress, parseSeconds } from '../options.ts';
import { type GlobalOptions, printing, type Result } from '../result.ts';
import { systemText } from '../system-error.ts';
import { counted } from '../words.ts';
import { type AgentPlace, claimPlace } from './agent-place.ts';
import { type DoorOptions, openDoors } from './doors.ts';
import { readCertificate, readToken, usualServer } from './reach.ts';

/** One device that an agent cares for. */
interface OfDevice {
  target: string;
  token?: string;
  cert?: string;
  key?: string;
  bootloader?: string;
}

interface AgentCommandOptions extends GlobalOptions, OfDevice, DoorOptions {
  devices?: string;
  server: string;
  tenant: string;
  ca?: string;
  root?: string;
  repository?: string;
  watch: number;
  poll?: number;
  renew?: boolean;
}

const AGENT_HELP = `
It asks the server, loads the image, checks it against the metadata of the repository (--root), the security counter and the board of the device, flashes it by
SMP, watches its trial, confirms it or sees it rolled back, and tells the server. What it did is in its folder: it may be killed at any time.

With --policy, or --people and --flash-as, the gateway decides by its own rules whether a device may be flashed, whatever the server wants: in the name of a
technician by a token that ends within a day, or without --flash-as by the certificate of the device itself. What no rule permits is not sent; nothing has
failed then, and it is asked again. Each decision is an entry of the audit log of --audit.

A device has one agent: a server of ours refuses a second one, and says where the first is. The next may have the device when that one was silent for ten
minutes, or after 'coldrig fleet device free'.

Without --root an image is checked by its own signature alone, by the device. That is for a server that has no repository.

One process cares for many devices with --devices, a list in YAML. One that does not answer delays no other.
  - {name: rig-1, target: udp://10.0.0.17:1337, token: rig-1.token}
  - {name: rig-2, target: serial:///dev/ttyUSB0, cert: rig-2.pem, key: rig-2.key, bootloader: 1.2.0}

Example:
  coldrig fleet agent rig-1 --target udp://10.0.0.17:1337 --token rig-1.token --root root.json --server https://fleet:9420 --ca ca.pem
  coldrig fleet agent --devices devices.yaml --root root.json --server https://fleet:9420 --ca ca.pem
  coldrig fleet agent --devices devices.yaml --root root.json --people people.json --flash-as tim.token

With --json: one line an event: {event: ready, server, devices}, then {event: begun | refused | ended | cancelled | trouble, device, …}; at the end {ok}.`;

export function agentCommand(): Command {
  return new Command('agent')
    .description('bring updates of a server to a device')
    .argument('[device]', 'its name at the server')
    .option('--devices <file>', 'several devices, in place of one')
    .option(
      '--server <address>',
      'the update server, this one or another that speaks DDI',
      parseAddress,
      `http://${usualServer.host}:${usualServer.port}`,
    )
    .option('--tenant <name>', 'part of the address for devices', 'default')
    .option('--target <place>', 'udp://host:port, serial:///dev/ttyX or serial://host:port', 'udp://127.0.0.1:1337')
    .option('--token <file>', 'file with the token of the device')
    .option('--ca <file>', "certificate of the server's authority, with https")
    .option('--cert <file>', 'certificate of the device, in place of a token')
    .option('--key <file>', 'its key')
    .option('--renew', "renew certificates at the server when half of their time has passed ('coldrig device enrol')")
    .option('--root <file>', 'root of the repository that is trusted from the beginning')
    .option('--repository <address>', 'where the repository is (default: at the server)', parseAddress)
    .option('--folder <folder>', 'where it keeps what it has done', 'coldrig-agent')
    .option('--watch <seconds>', 'how long a trial is watched', parseSeconds, 5)
    .option('--poll <seconds>', 'how often it asks, in place of what the server says', integerBetween(1, 86_400))
    .option('--bootloader <version>', 'version of its bootloader, for releases that need a newer one')
    .option(
      '--policy <file>',
      'who may have a device flashed here, in Cedar (default with --flash-as: that of the package)',
    )
    .option('--people <file>', 'who the people are: people.json of the fleet; with --flash-as')
    .option('--flash-as <file>', 'token of the technician in whose name devices are flashed; it ends within a day')
    .option('--audit <folder>', 'where what was decided by the policy is on record (default: FOLDER-audit)')
    .addHelpText('after', AGENT_HELP)
    .action(printing((options: AgentCommandOptions, device: string | undefined) => runAll(options, device)));
}

async function runAll(options: AgentCommandOptions, device: string | undefined): Promise<Result> {
  const { json, devices, poll } = options;
  if ((device === undefined) === (devices === undefined))
    throw new Failure('OPTION', 'expected a device, or --devices with a list of them', { exitCode: 2 });
  const all = devices === undefined ? [{ name: device as string, ...options }] : readDevices(devices);
  const tell = (event: Told) => process.stdout.write(`${json ? JSON.stringify(event) : agentText(event)}\n`);
  const renewals = options.renew ? all.flatMap((one) => renewalOf(options, one, tell)) : [];
  const doors = await openDoors(options, all);
  const places: AgentPlace[] = [];
  const stop = new AbortController();
  try {
    const agents = all.map(({ name, ...of }) => {
      const place = claimPlace(join(options.folder, name));
      places.push(place);
      return { device: name, agent: agentOf(options, name, of, tell, place, doors?.of(of)) };
    });
    await endedFromOutside(
      () => stop.abort(new Error('interrupted')),
      async () => {
        tell({ event: 'ready', server: shownAddress(options.server), devices: all.length });
        await Promise.all([
          runAgents(
            agents,
            {
              ...{ time: hostTime, ...(poll !== undefined && { pollSeconds: poll }) },
              onTrouble: (of, error) => tell({ event: 'trouble', device: of, reason: troubleText(error) }),
            },
            stop.signal,
          ),
          ...renewals.map((renewal) => keepRenewed(renewal, stop.signal)),
        ]);
      },
    );
  } finally {
    for (const { release } of places) release();
    await doors?.close();
  }
  return { text: 'the agent has ended', json: {} };
}

type Told =
  | AgentEvent
  | { event: 'ready'; server: string; devices: number }
  | { event: 'trouble'; device: string; reason: string };

/** None for a device that shows a token. */
function renewalOf(
  { server, ca }: AgentCommandOptions,
  { name, cert, key }: OfDevice & { name: string },
  tell: (event: Told) => void,
): Renewal[] {
  if (cert === undefined || key === undefined) return [];
  if (ca === undefined)
    throw new Failure('OPTION', '--renew is over TLS: it needs --ca, and https://… as --server', { exitCode: 2 });
  const onTrouble = ({ message: reason }: Error) => tell({ event: 'trouble', device: name, reason });
  return [{ of: { server, ca, cert, key }, time: hostTime, onTrouble }];
}

const deviceNames = ['name', 'target', 'token', 'cert', 'key', 'bootloader'] as const;

/** A mistake is an error that names the file, the place and what was expected. */
function readDevices(path: string): (OfDevice & { name: string })[] {
  const wrong = (text: string): never => {
    throw new Failure('DEVICES', `${path}: ${text}`);
  };
  let list: unknown;
  try {
    list = parse(readWrittenText(path, 'the devices', 'a list of devices in YAML'));
  } catch (error) {
    if (error instanceof Failure) throw error;
    return wrong((error as Error).message);
  }
  if (!Array.isArray(list) || list.length === 0) return wrong('expected a list of {name, target, token}');
  const taken = new Map<string, number>();
  return list.map((value: unknown, index) => {
    const entries = Object.entries(Object(value));
    for (const [name, text] of entries) {
      if (!(deviceNames as readonly string[]).includes(name))
        wrong(`[${index}]: '${name}' is not known; there are ${deviceNames.join(', ')}`);
      if (typeof text !== 'string')
        wrong(`[${index}].${name}: expected a text, in quotes where it looks like a number`);
    }
    const of = Object.fromEntries(entries) as unknown as OfDevice & { name: string };
    if (of.name === undefined || !deviceNamePattern.test(of.name))
      wrong(`[${index}].name: expected a name of a device`);
    if (of.target === undefined)
      wrong(`[${index}].target: expected udp://host:port, serial:///dev/ttyX or serial://host:port`);
    const before = taken.get(of.name);
    if (before !== undefined) wrong(`[${index}].name: '${of.name}' is that of [${before}] too`);
    taken.set(of.name, index);
    return of;
  });
}

function agentOf(
  options: AgentCommandOptions,
  device: string,
  { target, token, cert, key, bootloader }: OfDevice,
  tell: (event: AgentEvent) => void,
  place: AgentPlace,
  door: FlashDoor | undefined,
): Agent {
  const { server, tenant, ca, watch } = options;
  parseTarget(target);
  if (cert !== undefined && key !== undefined) recoverCredential({ cert, key });
  return new Agent({
    ...{ device, time: hostTime, watchMs: watch * 1000 },
    server: new DdiClient({
      ...{ server, tenant, device, time: hostTime, tls: { ca, cert, key } },
      agent: place,
      ...(token !== undefined && { token: readToken(token) }),
    }),
    open: (signal) => SmpClient.open(target, { firstSequence: process.pid & 0xff, signal }),
    journal: journalIn(place.folder),
    ...(options.root !== undefined && { metadata: metadataOf(options, device) }),
    ...(bootloader !== undefined && { bootloaderVersion: bootloader }),
    ...(door !== undefined && { door }),
    words: verdictText,
    onEvent: tell,
  });
}

function journalIn(folder: string): AgentJournal {
  try {
    return new AgentJournal(join(folder, 'journal.json'));
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    throw new Failure('AGENT', error.message, { cause: error });
  }
}

function metadataOf({ root, repository, server, ca, folder }: AgentCommandOptions, device: string): RepositoryReader {
  const tls = ca === undefined ? {} : { ca: readCertificate(ca) };
  const bytes = readInput(root ?? '', 'the root');
  try {
    return new RepositoryReader({
      ...{ folder: join(folder, device, 'trusted'), root: bytes },
      read: httpFiles(repository ?? `${server}/repository`, tls),
    });
  } catch (error) {
    if (!(error instanceof MetadataRefusal)) throw error;
    throw new Failure('REPOSITORY', `the root ${root}: ${error.message}`, { cause: error });
  }
}

/** Errors of files are the system's, and name the file beside their words. */
const troubleText = (error: Error): string => ('path' in error && systemText(error)) || error.message;

function agentText(event: Told): string {
  switch (event.event) {
    case 'ready':
      return `${counted(event.devices, 'device')}; asking ${event.server}; Ctrl-C ends it`;
    case 'begun':
      return `${event.device}: action ${event.action} begins, version ${event.version}`;
    case 'cancelled':
      return `${event.device}: action ${event.action} ${event.done ? 'was given up' : 'cannot be given up'}: ${event.detail}`;
    case 'trouble':
      return `${event.device}: ${event.reason}`;
    default:
      return `${event.device}: action ${event.action} ${event.success ? 'done' : 'failed'}: ${event.detail}`;
  }
}
