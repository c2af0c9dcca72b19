// The messages of DDI, as they are on the wire: read from JSON with all their limits, and made.

import {
  type AttributeMode,
  attributeModes,
  type Confirmation,
  confirmations,
  ddiLimits,
  type Execution,
  executions,
  type Finish,
  finishes,
} from '../../../protocol/fleet/ddi.ts';
import { DdiError, JsonPlace } from './json.ts';

const { details: detailsMost, detailCharacters, attributes, attributeNameCharacters, attributeCharacters } = ddiLimits;

export interface Feedback {
  execution: Execution;
  finished: Finish;
  details: string[];
}

/** {id?, time?, status: {execution, result?: {finished}, code?, details?: [text]}} */
export function readFeedback(text: string): Feedback {
  const status = JsonPlace.parse(text, 'feedback').need('status');
  const execution = status.need('execution').oneOf(executions);
  return {
    execution,
    finished: status.get('result')?.get('finished')?.oneOf(finishes) ?? 'none',
    details: readDetails(status),
  };
}

export const feedbackJson = (id: number, { execution, finished, details }: Feedback): object => ({
  id: `${id}`,
  status: { execution, result: { finished }, details: details.map((text) => text.slice(0, detailCharacters)) },
});

/** {confirmation, code?, details?: [text]} */
export function readConfirmation(text: string): { confirmation: Confirmation; details: string[] } {
  const body = JsonPlace.parse(text, 'confirmation');
  return { confirmation: body.need('confirmation').oneOf(confirmations), details: readDetails(body) };
}

function readDetails(of: JsonPlace): string[] {
  const details = of.get('details');
  if (details === undefined) return [];
  return details.list(detailsMost).map((one) => one.text(detailCharacters));
}

/** {mode?, data: {name: text}} */
export function readConfigData(text: string): { mode: AttributeMode; data: Record<string, string> } {
  const body = JsonPlace.parse(text, 'configData');
  const mode = body.get('mode')?.oneOf(attributeModes) ?? 'merge';
  const data: Record<string, string> = {};
  for (const [name, value] of body.need('data').entries(attributes)) {
    if (name === '' || name.length > attributeNameCharacters || name === '__proto__')
      throw new DdiError(`configData: a name of an attribute has 1 to ${attributeNameCharacters} characters`);
    // Its value does not matter where it is to be removed.
    data[name] = mode === 'remove' ? '' : value.text(attributeCharacters);
  }
  return { mode, data };
}

/** Attributes of a device after it has reported some. Throws a DdiError where they become too many. */
export function mergedAttributes(
  known: Readonly<Record<string, string>>,
  { mode, data }: { mode: AttributeMode; data: Record<string, string> },
): Record<string, string> {
  if (mode === 'remove')
    return Object.fromEntries(Object.entries(known).filter(([name]) => !Object.hasOwn(data, name)));
  const all = mode === 'merge' ? { ...known, ...data } : data;
  if (Object.keys(all).length <= attributes) return all;
  throw new DdiError(`configData: a device has at most ${attributes} attributes; with these it would have more`);
}

/** The links of a device's base, and when it should ask again. */
export interface DeviceBase {
  sleepSeconds: number | undefined;
  links: Partial<Record<LinkName, string>>;
}

export const linkNames = ['deploymentBase', 'cancelAction', 'confirmationBase', 'configData', 'installedBase'] as const;
export type LinkName = (typeof linkNames)[number];

const hrefCharacters = 2048;

export function baseJson(sleepSeconds: number, links: Partial<Record<LinkName, string>>): object {
  return {
    config: { polling: { sleep: clockText(sleepSeconds) } },
    _links: Object.fromEntries(Object.entries(links).map(([name, href]) => [name, { href }])),
  };
}

export function readBase(text: string): DeviceBase {
  const body = JsonPlace.parse(text, 'the base of the device');
  const sleep = body.get('config')?.get('polling')?.get('sleep')?.text(16);
  const links: DeviceBase['links'] = {};
  const all = body.get('_links');
  for (const name of linkNames) {
    const href = all?.get(name)?.need('href').text(hrefCharacters);
    if (href !== undefined) links[name] = href;
  }
  return { sleepSeconds: sleep === undefined ? undefined : secondsOf(sleep), links };
}

export interface Artifact {
  filename: string;
  bytes: number;
  sha1: string | undefined;
  sha256: string | undefined;
  href: string;
}

export interface Deployment {
  id: number;
  /** The server wants nothing done yet: outside of a maintenance window, for instance. */
  isHeld?: boolean;
  chunks: { name: string; version: string; artifacts: Artifact[]; token?: string }[];
  /** What another agent has begun of it. */
  begun?: Begun;
}

export interface Begun {
  /** The image, by its hash. */
  hash: string;
  /** Newest boot before the device was touched; left out: it keeps no boot log. */
  bootBefore?: number;
}

export const begunText = ({ hash, bootBefore }: Begun): string => `${hash} ${bootBefore ?? '-'}`;

/** Undefined: an agent of another kind has written it. */
function begunIn(text: string): Begun | undefined {
  const [, hash, boot] = /^([0-9a-f]{64}) (\d{1,10}|-)$/.exec(text) ?? [];
  return hash === undefined ? undefined : { hash, ...(boot !== '-' && { bootBefore: Number(boot) }) };
}

export function deploymentJson({ id, chunks, begun }: Omit<Deployment, 'begun'> & { begun?: string }): object {
  return {
    id: `${id}`,
    deployment: {
      ...{ download: 'forced', update: 'forced' },
      chunks: chunks.map(({ name, version, artifacts, token }) => ({
        ...{ part: 'os', name, version },
        metadata: [
          ...(token === undefined ? [] : [{ key: metadataKeys.token, value: token }]),
          ...(begun === undefined ? [] : [{ key: metadataKeys.begun, value: begun }]),
        ],
        artifacts: artifacts.map(({ filename, bytes, sha1, sha256, href }) => ({
          ...{ filename, size: bytes, hashes: { sha1, sha256 } },
          _links: { download: { href }, 'download-http': { href } },
        })),
      })),
    },
  };
}

/** Of the metadata of a chunk, which other devices pass over: a downgrade token, and what an agent before has begun. */
const metadataKeys = { token: 'coldrig.token', begun: 'coldrig.begun' } as const;
const metadataMost = 64;
const chunksMost = 16;
const imageBytesMost = 2 ** 31 - 1;

export function readDeployment(text: string): Deployment {
  const body = JsonPlace.parse(text, 'the deployment');
  const deployment = body.need('deployment');
  const chunks = deployment.need('chunks').list(chunksMost);
  const isHeld = (['download', 'update'] as const).some((what) => deployment.get(what)?.text(16) === 'skip');
  return {
    id: body.need('id').integer(0, Number.MAX_SAFE_INTEGER),
    ...(isHeld && { isHeld }),
    ...begunOf(chunks[0]),
    chunks: chunks.map((chunk) => ({
      name: chunk.need('name').text(256),
      version: chunk.need('version').text(64),
      artifacts: chunk.need('artifacts').list(chunksMost).map(readArtifact),
      ...tokenOf(chunk),
    })),
  };
}

function metadataOf(chunk: JsonPlace, key: string): string | undefined {
  for (const entry of chunk.get('metadata')?.list(metadataMost) ?? [])
    if (entry.get('key')?.text(128) === key) return entry.need('value').text(1024);
  return undefined;
}

function tokenOf(chunk: JsonPlace): { token?: string } {
  const token = metadataOf(chunk, metadataKeys.token);
  return token === undefined ? {} : { token };
}

function begunOf(chunk: JsonPlace | undefined): { begun?: Begun } {
  const text = chunk && metadataOf(chunk, metadataKeys.begun);
  const begun = text === undefined ? undefined : begunIn(text);
  return begun === undefined ? {} : { begun };
}

function readArtifact(artifact: JsonPlace): Artifact {
  const [hashes, links] = [artifact.get('hashes'), artifact.need('_links')];
  const link = links.get('download') ?? links.need('download-http');
  return {
    filename: artifact.need('filename').text(256),
    bytes: artifact.need('size').integer(0, imageBytesMost),
    sha1: hashes?.get('sha1')?.text(40).toLowerCase(),
    sha256: hashes?.get('sha256')?.text(64).toLowerCase(),
    href: link.need('href').text(hrefCharacters),
  };
}

export const cancelJson = (id: number, begun?: string): object => ({
  id: `${id}`,
  cancelAction: { stopId: `${id}`, ...(begun !== undefined && { [metadataKeys.begun]: begun }) },
});

/** The action that is to be given up, and what another agent has begun of it. */
export function readCancel(text: string): { id: number; stopId: number; begun: Begun | undefined } {
  const body = JsonPlace.parse(text, 'the cancellation');
  const most = Number.MAX_SAFE_INTEGER;
  const cancel = body.need('cancelAction');
  const begun = cancel.get(metadataKeys.begun)?.text(128);
  return {
    id: body.need('id').integer(0, most),
    stopId: cancel.need('stopId').integer(0, most),
    begun: begun === undefined ? undefined : begunIn(begun),
  };
}

/** hh:mm:ss, as DDI writes times. */
export function clockText(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const whole = Math.max(1, Math.min(ddiLimits.pollSecondsMost - 1, Math.round(seconds)));
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

function secondsOf(text: string): number {
  const [, hours, minutes, seconds] = /^(\d{1,2}):(\d{1,2}):(\d{1,2})$/.exec(text)?.map(Number) ?? [];
  const total = hours * 3600 + minutes * 60 + seconds;
  if (total >= 1 && total <= ddiLimits.pollSecondsMost) return total;
  throw new DdiError(`the base of the device: config: polling: sleep is '${text}', expected hh:mm:ss up to a day`);
}
