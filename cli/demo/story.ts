// The demonstration: a board boots, takes a good update, and rolls four bad ones back. It runs in virtual time, with a real client that
// talks to a real bootloader and firmware, in a cryostat. No outcome is written down here.
//
// What must stay true: every number and every cause is read from the board's log or from the device's answers.

import type { Board } from '../../host/board/board.ts';
import { boardDevice } from '../../host/links/in-process.ts';
import type { BuiltImage } from '../../host/tools/build.ts';
import { parseImage } from '../../host/tools/image/index.ts';
import { inProcessTransport, SmpClient, SmpError } from '../../host/tools/smp/index.ts';
import { updateDevice } from '../../host/tools/update.ts';
import { MemoryMap } from '../../protocol/memory-map.ts';
import { LiveLog } from '../run/live-log.ts';
import type { LogLine } from '../run/log-line.ts';
import { bytesText, healthText, spanText } from '../words.ts';
import { Witness } from './witness.ts';

export interface Teller {
  chapter(title: string): void;
  line(line: LogLine): void;
  verdict(text: string, good: boolean): void;
}

/** How one update ended. Times are virtual. */
export interface Ending {
  image: string;
  version: string;
  outcome: 'confirmed' | 'rolled-back' | 'refused';
  /** Version that runs at the end of the chapter. */
  running: string | null;
  /** Why it was rolled back or refused, in the device's words. */
  cause: string | null;
  /** From the start of the trial to its end. */
  trialNs: number | null;
  /** From the end of the trial until the earlier firmware ran again. */
  recoveryNs: number | null;
  /** Rise of the temperature of the 4 K plate during the trial, millikelvin. */
  plateRiseMillikelvin: number | null;
}

/** Longest time for a chapter: a trial that is not confirmed ends after five minutes. */
const PATIENCE_NS = 600e9;
const SECOND_NS = 1e9;

/** Images by name, when they are needed: the last ones may still be compiling when the story begins. */
export type Images = (name: string) => Promise<BuiltImage>;

/** Runs the story on a provisioned board that has no power yet; `plateKelvin` is the temperature of its plate. */
export async function tellStory(
  board: Board,
  images: Images,
  teller: Teller,
  plateKelvin: () => number,
): Promise<Ending[]> {
  const story = new Story(board, images, teller, plateKelvin);
  await story.boot();
  return [
    await story.goodUpdate(),
    await story.badUpdate('never-confirms', () => story.tryToConfirm()),
    await story.badUpdate('hangs', async () => {}),
    await story.badUpdate('busy-loops', async () => {}),
    await story.damagedUpdate(),
  ];
}

class Story {
  private readonly board: Board;
  private readonly image: Images;
  private readonly teller: Teller;
  private readonly witness = new Witness();
  private readonly client: SmpClient;
  private readonly plateKelvin: () => number;

  constructor(board: Board, images: Images, teller: Teller, plateKelvin: () => number) {
    this.plateKelvin = plateKelvin;
    this.board = board;
    this.image = images;
    this.teller = teller;
    const log = new LiveLog(
      board,
      (line) => {
        this.witness.saw(line);
        teller.line(line);
      },
      // Heartbeats once a virtual minute: the story does not know the wall clock.
      () => board.now / 6e6,
    );
    board.onLog = (record) => log.record(record);
    this.client = new SmpClient(inProcessTransport(boardDevice(board)));
  }

  async boot(): Promise<void> {
    const image = await this.image('factory');
    this.teller.chapter(`A new board is switched on. Slot A holds ${image.version}, ${bytesText(image.bytes.length)}.`);
    this.board.powerOn();
    const beat = this.runUntil('heartbeat', 0, 10 * SECOND_NS);
    const boot = this.witness.last('boot');
    this.teller.verdict(
      boot && beat
        ? `${boot.facts.version} runs ${spanText(boot.timeNs)} after power-on, first heartbeat after ${spanText(beat.timeNs)}`
        : 'it did not boot',
      boot !== undefined && beat !== undefined,
    );
  }

  async goodUpdate(): Promise<Ending> {
    const image = await this.image('good');
    this.teller.chapter(`${image.version}: ${image.promise}`);
    const mark = this.witness.mark;
    const result = await updateDevice(this.client, image.bytes, { goal: 'confirm' });
    const running = result.running?.version ?? null;
    const good = result.verdict === 'confirmed' && running === image.version;
    const began = this.witness.first('boot', mark)?.timeNs ?? 0;
    const ended = this.witness.last('image-confirmed', mark)?.timeNs ?? 0;
    const uploadNs = (result.upload?.elapsedMs ?? 0) * 1e6;
    this.teller.verdict(
      good
        ? `uploaded in ${spanText(uploadNs)}, ran ${spanText(ended - began)} on trial, healthy, confirmed`
        : `${result.verdict}: ${result.refusal?.message ?? ''}`,
      good,
    );
    const outcome = good ? 'confirmed' : 'rolled-back';
    return { image: image.name, version: image.version, outcome, running, ...noTimes, cause: null };
  }

  /** Puts an image on trial and waits until the device has rolled back by itself. */
  async badUpdate(name: string, meanwhile: () => Promise<void>): Promise<Ending> {
    const image = await this.image(name);
    this.teller.chapter(`${image.version}: ${image.promise}`);
    const mark = this.witness.mark;
    const result = await updateDevice(this.client, image.bytes, { goal: 'trial' });
    if (result.verdict !== 'on-trial') return this.refusedEnding(image, result.refusal);
    const plateBefore = this.plateKelvin();
    await meanwhile();
    const rejected = this.runUntil('image-rejected', mark, PATIENCE_NS);
    const plateRiseMillikelvin = Math.round((this.plateKelvin() - plateBefore) * 1000);
    const rejectMark = this.witness.mark;
    this.runUntil('firmware-start', rejectMark, PATIENCE_NS);
    return this.rolledBackEnding(image, mark, rejected, plateRiseMillikelvin);
  }

  /** One bit differs from what was signed: first in the file, then in the flash, in an image that was accepted already. */
  async damagedUpdate(): Promise<Ending> {
    const image = await this.image('flipped-bit');
    this.teller.chapter(`${image.version}: ${image.promise}`);
    const inFile = await updateDevice(this.client, image.bytes, { goal: 'trial' });
    const refusal = inFile.refusal ? `the device refuses to try it (${inFile.refusal.name})` : 'not refused';
    this.note('upload-refused', `damaged before the upload: ${refusal}`);
    const mended = flipBit(image.bytes, image);
    await this.client.upload(mended);
    await this.client.imageTest(parseImage(mended).hash ?? new Uint8Array(0));
    const mark = this.witness.mark;
    this.flipInFlash(image, mended);
    const rejected = this.runUntil('image-rejected', mark, PATIENCE_NS);
    this.runUntil('firmware-start', mark, PATIENCE_NS);
    return this.rolledBackEnding(image, mark, rejected);
  }

  /** A fault that no check at upload can find: a flash cell changes while the power is off. */
  private flipInFlash(image: BuiltImage, bytes: Uint8Array): void {
    const { board } = this;
    board.cutPower();
    const flash = board.flashImage();
    const place = Buffer.from(flash).indexOf(bytes.subarray(0, 4096), MemoryMap.SLOT_A);
    const { offset, bit } = flippedBitOf(image);
    flash[place + offset] ^= 1 << bit;
    board.loadFlash(flash);
    this.note(
      'bit-flipped',
      `damaged after the upload: bit ${bit} of flash address 0x${(place + offset).toString(16)}`,
    );
    board.powerOn();
  }

  async tryToConfirm(): Promise<void> {
    this.runUntil('heartbeat', this.witness.mark, 120 * SECOND_NS);
    const attempt = await this.client.imageConfirm().catch((error: unknown) => error);
    const { health = 0 } = await this.client.statRead('heartbeat');
    const answer = attempt instanceof SmpError ? said(attempt) : 'the device agrees';
    this.note('confirm-tried', `a client asks to confirm it: ${answer}; it is ${healthText(health)}`);
  }

  /** Reports an action of the story, between the lines of the board's log. */
  private note(event: string, text: string): void {
    this.teller.line({ timeNs: this.board.now, event, facts: {}, text, tone: 'cyan' });
  }

  private async rolledBackEnding(
    image: BuiltImage,
    mark: number,
    rejected: LogLine | undefined,
    plateRiseMillikelvin: number | null = null,
  ): Promise<Ending> {
    const { witness } = this;
    const running = await this.runningVersion();
    const reset = witness.last('reset', mark);
    const back = witness.last('boot', mark);
    const trial = witness.first('boot', mark);
    const fault = witness.last('fault', mark);
    const wasTried = trial !== undefined && reset !== undefined && trial.timeNs < reset.timeNs;
    const trialNs = wasTried ? reset.timeNs - trial.timeNs : null;
    const recoveryNs = reset && back ? back.timeNs - reset.timeNs : null;
    const rolledBack = rejected !== undefined && running !== image.version;
    const where = wasTried && fault && fault.timeNs > trial.timeNs ? `, stuck in ${fault.facts.function}` : '';
    const how = trialNs === null ? 'at boot, before it ran' : `${spanText(trialNs)} into its trial`;
    const warmed = (plateRiseMillikelvin ?? 0) >= 10 ? `, the 4 K plate ${plateRiseMillikelvin} mK warmer` : '';
    const again = `${running} runs again ${spanText(recoveryNs ?? 0)} after the reset`;
    this.teller.verdict(
      rolledBack
        ? `rolled back ${how}: ${rejected.facts.reason}${where}${warmed}; ${again}`
        : `not rolled back: ${running ?? 'nothing'} runs`,
      rolledBack,
    );
    const cause = rejected ? String(rejected.facts.reason) : null;
    const outcome = rolledBack ? 'rolled-back' : 'confirmed';
    return {
      image: image.name,
      version: image.version,
      outcome,
      running,
      cause,
      trialNs,
      recoveryNs,
      plateRiseMillikelvin,
    };
  }

  private async refusedEnding(image: BuiltImage, refusal: SmpError | undefined): Promise<Ending> {
    const running = await this.runningVersion();
    const stopped = refusal !== undefined && running !== image.version;
    this.teller.verdict(stopped ? `${said(refusal)}; ${running} runs on` : `not stopped: ${running} runs`, stopped);
    const cause = refusal?.message ?? null;
    const outcome = stopped ? 'refused' : 'confirmed';
    return { image: image.name, version: image.version, outcome, running, cause, ...noTimes };
  }

  /** Lets time pass until the board reports an event; undefined when it does not. */
  private runUntil(event: string, mark: number, patienceNs: number): LogLine | undefined {
    const { board, witness } = this;
    for (const end = board.now + patienceNs; board.now < end && !witness.first(event, mark); ) {
      board.runUntil(Math.min(end, Math.max(board.nextEventTime, board.now + 1)));
    }
    return witness.first(event, mark);
  }

  private async runningVersion(): Promise<string | null> {
    const running = (await this.client.imageState()).find(({ active }) => active);
    return running?.version ?? null;
  }
}

/** A refusal in the device's own words. */
function said(refusal: SmpError): string {
  const [, , meaning] = /^(.*?): the device refuses: (.*?) \(/.exec(refusal.message) ?? [];
  return `the device refuses (${refusal.name}${meaning ? `: ${meaning}` : ''})`;
}

function flipBit(bytes: Uint8Array, image: BuiltImage): Uint8Array {
  const { offset, bit } = flippedBitOf(image);
  const copy = bytes.slice();
  copy[offset] ^= 1 << bit;
  return copy;
}

function flippedBitOf({ flipped }: BuiltImage): { offset: number; bit: number } {
  if (!flipped) throw new Error('this image was built without a flipped bit');
  return flipped;
}

const noTimes = { trialNs: null, recoveryNs: null, plateRiseMillikelvin: null };
