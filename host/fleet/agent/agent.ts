// An agent brings what the update server wants to one device, and tells the server what became of it.
//
//   poll ──> deployment ──> metadata ──> download ──> fits this device? ──> journal: begun ──> flash, watch, confirm ──> journal: ended ──> feedback
//     └────> cancellation ──> stop, and let the device go back; it is refused once the device has confirmed ──> feedback
//
// The verdict is the device's own (host/tools/update.ts). What must stay true: nothing is sent to a device that its metadata, its hash, its security counter,
// its board or its bootloader speak against, or that the gateway's door does not let pass; the device is never made to try an image again that it has left, also when the agent dies at any point; the
// server is told an end only when it is in the journal, and told again until it has answered.

import { agentLease, lockedStatus } from '../../../protocol/fleet/ddi.ts';
import { rest } from '../../telemetry/time.ts';
import { parseImage } from '../../tools/image/index.ts';
import { type SmpClient, SmpError } from '../../tools/smp/index.ts';
import { updateDevice } from '../../tools/update.ts';
import type { UpdateResult } from '../../tools/update-result.ts';
import { DdiError } from '../ddi/json.ts';
import { type Artifact, begunText, type Deployment, type DeviceBase, type Feedback } from '../ddi/wire.ts';
import { FleetServerError } from '../http-client.ts';
import {
  type DeviceFacts,
  type ExpectedImage,
  hasRun,
  newestBoot,
  readFacts,
  refusalOf,
  sendBack,
  tokenIn,
} from './device.ts';
import { DoorRefusal } from './door.ts';
import { InUse } from './in-use.ts';
import type { JournalEntry } from './journal.ts';
import { checkArtifact, MetadataRefusal, Patience } from './metadata.ts';
import type { AgentOptions, Turn } from './options.ts';
import { imageIn } from './package.ts';
import { Report } from './report.ts';

export class Agent {
  private readonly options: AgentOptions;
  private readonly report: Report;
  private readonly patience: Patience;
  private readonly inUse: InUse;

  constructor(options: AgentOptions) {
    this.options = options;
    this.report = new Report(options.server);
    this.patience = new Patience(options.time);
    this.inUse = new InUse(options.time);
  }

  /** Asks once, and does what there is to do. Rejects when server or device cannot be reached: then nothing is lost, and the next turn goes on. */
  async turn(signal: AbortSignal): Promise<Turn> {
    const { server } = this.options;
    const base = await server.poll(signal);
    const { deploymentBase, cancelAction, configData } = base.links;
    if (configData !== undefined) this.report.forget();
    // Not every server offers an action until it has heard how it ended.
    const { untold } = this.options.journal;
    if (untold !== undefined) await this.close(untold, signal);
    if (cancelAction === undefined && deploymentBase === undefined) {
      await this.withDevice(signal, async (_client, facts) => this.report.tell(facts, signal));
      return { sleepSeconds: base.sleepSeconds, isBusy: false };
    }
    if (cancelAction !== undefined) await this.cancel(cancelAction, signal);
    else if (deploymentBase !== undefined) return { ...base, isBusy: await this.deploy(deploymentBase, signal) };
    return { sleepSeconds: base.sleepSeconds, isBusy: true };
  }

  /** False: there was nothing to do. */
  private async deploy(href: string, signal: AbortSignal): Promise<boolean> {
    const { server, journal } = this.options;
    const deployment = await server.deployment(href, signal);
    if (deployment.isHeld) return false;
    const artifacts = deployment.chunks.flatMap((chunk) => chunk.artifacts);
    const file = artifacts[0]?.sha256 ?? artifacts[0]?.sha1;
    const { id: action, begun } = deployment;
    // What another agent has begun is gone on with, as after a death of this one.
    const done: JournalEntry | undefined = journal.of(action, file) ?? (begun && { action, file, ...begun });
    if (done?.ended === undefined) {
      await this.update(deployment, artifacts, { action: deployment.id, hash: '', file }, done, signal);
      return true;
    }
    // It is told again, and nothing else: a device does not get twice what it has failed.
    await this.close(done, signal);
    return false;
  }

  private async update(
    { id, chunks }: Deployment,
    artifacts: readonly Artifact[],
    fresh: JournalEntry,
    done: JournalEntry | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { server, device, onEvent } = this.options;
    let bytes: Uint8Array;
    let expected: ExpectedImage = {};
    try {
      if (artifacts.length !== 1) throw new DdiError(`the server offers ${artifacts.length} files, expected one image`);
      const [artifact] = artifacts;
      const trusted = await this.trusted(id, artifact, signal);
      expected = trusted;
      checkArtifact(artifact, trusted);
      await this.tell(id, 'download', [], signal);
      bytes = imageIn(await server.download({ ...artifact, sha256: trusted.sha256 ?? artifact.sha256 }, signal));
    } catch (error) {
      const isFinal = error instanceof DdiError || error instanceof MetadataRefusal;
      if (!isFinal && !(error instanceof FleetServerError && !error.isPassing)) throw error;
      // An earlier life of this agent may have begun with it.
      if (done !== undefined)
        await this.withDevice(signal, async (client) => void (await sendBack(client, done.hash, signal)));
      return this.end(done ?? fresh, false, (error as Error).message, signal);
    }
    await this.tell(id, 'downloaded', [], signal);
    await this.withDevice(signal, async (client, facts) => {
      const refusal = refusalOf(bytes, facts, expected, this.options.bootloaderVersion, tokenIn(chunks[0]));
      if (refusal !== undefined && done === undefined) {
        onEvent?.({ event: 'refused', device, action: id, success: false, detail: refusal });
        return this.end(fresh, false, `refused before anything was sent: ${refusal}`, signal);
      }
      await this.flash(client, facts, done ?? fresh, bytes, chunks[0], signal);
    });
  }

  /** What trusted metadata says of the file. The server is told why nothing begins, until that is good, or for good. */
  private async trusted(action: number, artifact: Artifact, signal: AbortSignal) {
    try {
      return await this.patience.with(
        action,
        async () => (await this.options.metadata?.expected(artifact, signal)) ?? {},
      );
    } catch (error) {
      if (signal.aborted || error instanceof MetadataRefusal) throw error;
      this.report.held = `${action} ${(error as Error).message}`;
      // What the metadata lacks is told also where the device is away.
      await this.withDevice(signal, async () => {}).catch(() => {});
      throw error;
    }
  }

  private async flash(
    client: SmpClient,
    facts: DeviceFacts,
    of: JournalEntry,
    bytes: Uint8Array,
    chunk: Deployment['chunks'][number],
    signal: AbortSignal,
  ): Promise<void> {
    const { journal, device, words, watchMs, onEvent } = this.options;
    const { action: id } = of;
    const hash = hexOf(parseImage(bytes).hash) ?? '';
    // One of the journal has its image.
    const isKnown = of.hash !== '';
    const entry: JournalEntry = isKnown ? of : { ...of, hash, bootBefore: await newestBoot(client, signal) };
    const isRunning = hexOf(facts.running?.hash) === hash;
    if (isKnown && of.bootBefore !== undefined && !isRunning && (await hasRun(client, hash, of.bootBefore, signal)))
      return this.end(entry, false, 'it ran on trial, and the device went back to the old image', signal);
    if (!isRunning) await this.waitUntilFree(client, facts, id, signal);
    await this.passDoor(facts, signal);
    this.report.begun = `${id} ${begunText(entry)}`;
    await this.report.tell(facts, signal);
    await this.tell(id, 'proceeding', [`version ${chunk.version} goes to the device`], signal);
    if (journal.of(id) === undefined) journal.put(entry);
    onEvent?.({ event: 'begun', device, action: id, version: chunk.version });
    const cancelled = new AbortController();
    const over = new AbortController();
    const watch = this.watchForCancel(id, cancelled, AbortSignal.any([signal, over.signal]));
    let result: UpdateResult;
    try {
      const both = AbortSignal.any([signal, cancelled.signal]);
      result = await updateDevice(client, bytes, {
        ...{ goal: 'confirm', watchMs, signal: both, takesStored: true },
        // Signed by itself, and judged by the device: it needs no trust on its way.
        ...(chunk.token !== undefined && { token: tokenIn(chunk) }),
      });
    } catch (error) {
      if (cancelled.signal.aborted && !signal.aborted) return;
      // A device that cannot be reached may come back, and the boot log then says what it did.
      if (error instanceof SmpError && error.kind === 'device') return this.end(entry, false, error.message, signal);
      throw error;
    } finally {
      over.abort();
      await watch;
    }
    if (result.verdict === 'silent') throw new SmpError('timeout', words(result, bytes.length));
    // It runs and is reset again and again: one more reset takes it back.
    if (result.verdict === 'failing') await sendBack(client, hash, signal);
    await this.report.tell(await readFacts(client, signal), signal);
    await this.end(entry, result.verdict === 'confirmed', words(result, bytes.length), signal);
  }

  /** Ends the update of a device when the server wants that. The server may be away meanwhile. */
  private async watchForCancel(id: number, cancelled: AbortController, signal: AbortSignal): Promise<void> {
    const { server, time, cancelPollMs = 2_000 } = this.options;
    let heardMs = time.monotonicMs();
    while (!signal.aborted) {
      await rest(time, cancelPollMs, signal);
      if (signal.aborted) return;
      const answer = await server.poll(signal).catch((error: unknown) => error);
      const isElsewhere = answer instanceof FleetServerError && answer.status === lockedStatus;
      const isFailed = answer instanceof Error;
      if (!isFailed) heardMs = time.monotonicMs();
      const isCancelled =
        !isFailed && (answer as DeviceBase).links.cancelAction?.endsWith(`/cancelAction/${id}`) === true;
      // Another agent may have the device, or may soon get it.
      const isAlone = time.monotonicMs() - heardMs >= agentLease.aloneSeconds * 1_000;
      if (!isElsewhere && !isCancelled && !isAlone) continue;
      cancelled.abort(new Error('given up for the server'));
      return;
    }
  }

  private async cancel(href: string, signal: AbortSignal): Promise<void> {
    const { server, journal, device, onEvent } = this.options;
    const { id, stopId, begun } = await server.cancellation(href, signal);
    const entry = journal.of(stopId) ?? (begun && { action: stopId, ...begun });
    let isDone = true;
    let detail = 'it had not begun';
    if (entry?.ended !== undefined) {
      isDone = !entry.ended.success;
      detail = entry.ended.detail;
    } else if (entry !== undefined)
      await this.withDevice(signal, async (client) => {
        isDone = await sendBack(client, entry.hash, signal);
        detail = isDone ? 'the device runs its old image' : 'the device has confirmed the image';
        await this.report.tell(await readFacts(client, signal), signal);
      });
    const finished = isDone ? 'success' : 'failure';
    await server.feedback('cancelAction', id, { execution: 'closed', finished, details: [detail] }, signal);
    onEvent?.({ event: 'cancelled', device, action: stopId, done: isDone, detail });
    // It has confirmed before it could be stopped: that is how the action has ended.
    if (!isDone) await this.end(entry ?? { action: stopId, hash: '' }, true, detail, signal);
  }

  private async end(entry: JournalEntry, success: boolean, detail: string, signal: AbortSignal): Promise<void> {
    const ended: JournalEntry = { ...entry, ended: { success, detail } };
    this.options.journal.put(ended);
    await this.close(ended, signal);
  }

  private async close(entry: JournalEntry, signal: AbortSignal): Promise<void> {
    const { action, ended } = entry;
    const { success, detail } = ended as NonNullable<JournalEntry['ended']>;
    try {
      await this.tell(action, 'closed', [detail], signal, success ? 'success' : 'failure');
    } catch (error) {
      // The server knows the action no more, or has closed it: there is nothing left to tell.
      const isGone = error instanceof FleetServerError && (error.status === 404 || error.status === 410);
      if (!isGone) throw error;
    }
    if (entry.isTold) return;
    this.options.journal.put({ ...entry, isTold: true });
    this.options.onEvent?.({ event: 'ended', device: this.options.device, action, success, detail });
  }

  private tell(
    id: number,
    execution: Feedback['execution'],
    details: string[],
    signal: AbortSignal,
    finished: Feedback['finished'] = 'none',
  ): Promise<void> {
    return this.options.server.feedback('deploymentBase', id, { execution, finished, details }, signal);
  }

  /** Rejects while somebody works with the device; the server is told. */
  private async waitUntilFree(client: SmpClient, facts: DeviceFacts, id: number, signal: AbortSignal): Promise<void> {
    const by = await this.inUse.by(client, id, signal);
    if (by === undefined) return;
    this.report.held = `${id} ${by}`;
    await this.report.tell(facts, signal);
    throw new Error(`nothing is sent to the device yet: ${by}`);
  }

  /** Rejects with a DoorRefusal, of which the server has been told. To take a device back from a trial needs nobody's leave. */
  private async passDoor(facts: DeviceFacts, signal: AbortSignal): Promise<void> {
    const { door, device } = this.options;
    if (door === undefined) return;
    const permit = await door({ name: device, serial: hexOf(facts.fuses?.serial) });
    this.report.atDoor = 'by' in permit ? `in the name of ${permit.by}` : `refused: ${permit.refusal}`;
    await this.report.tell(facts, signal);
    if ('refusal' in permit) throw new DoorRefusal(`nothing is sent to the device: ${permit.refusal}`);
  }

  private async withDevice(
    signal: AbortSignal,
    work: (client: SmpClient, facts: DeviceFacts) => Promise<void>,
  ): Promise<void> {
    const client = await this.options.open(signal);
    try {
      const facts = await readFacts(client, signal);
      await this.report.tell(facts, signal);
      await work(client, facts);
    } finally {
      await client.close();
    }
  }
}

const hexOf = (hash: Uint8Array | undefined): string | undefined => hash && Buffer.from(hash).toString('hex');
