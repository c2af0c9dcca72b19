// The product's story: a board boots, takes a good update, and undoes three bad ones. Told in virtual time, by a real client
// talking to a real bootloader and firmware; nothing here knows how it ends.
//
// What must stay true: every number and every cause is read from the board's log or from the device's answers.

import type { Board } from '../../board/board.ts';
import { boardDevice } from '../../links/in-process.ts';
import type { Build, BuiltImage } from '../../tools/build.ts';
import { inProcessTransport, SmpClient, SmpError } from '../../tools/smp/index.ts';
import { updateDevice } from '../../tools/update.ts';
import { LiveLog, type LogLine } from '../run/live-log.ts';
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
  outcome: 'confirmed' | 'undone' | 'refused';
  /** Version that runs at the end of the chapter. */
  running: string | null;
  /** Why it was undone or refused, in the device's words. */
  cause: string | null;
  /** From the start of the trial to its end. */
  trialNs: number | null;
  /** From the end of the trial until the firmware before it ran again. */
  recoveryNs: number | null;
}

/** Longest any chapter may take: a trial that nobody confirms ends after five minutes. */
const PATIENCE_NS = 600e9;
const SECOND_NS = 1e9;

export async function tellStory(board: Board, build: Build, teller: Teller): Promise<Ending[]> {
  const story = new Story(board, build, teller);
  await story.boot();
  return [
    await story.goodUpdate(),
    await story.badUpdate('never-confirms', (mark) => story.tryToConfirm(mark)),
    await story.badUpdate('hangs', async () => {}),
    await story.damagedUpdate(),
  ];
}

class Story {
  private readonly board: Board;
  private readonly build: Build;
  private readonly teller: Teller;
  private readonly witness = new Witness();
  private readonly client: SmpClient;

  constructor(board: Board, build: Build, teller: Teller) {
    this.board = board;
    this.build = build;
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
    const image = this.image('factory');
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
    const image = this.image('good');
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
    const outcome = good ? 'confirmed' : 'undone';
    return { image: image.name, version: image.version, outcome, running, ...noTimes, cause: null };
  }

  /** Puts an image on trial and waits until the device has gone back by itself. */
  async badUpdate(name: string, meanwhile: (mark: number) => Promise<void>): Promise<Ending> {
    const image = this.image(name);
    this.teller.chapter(`${image.version}: ${image.promise}`);
    const mark = this.witness.mark;
    const result = await updateDevice(this.client, image.bytes, { goal: 'trial' });
    if (result.verdict !== 'on-trial') return this.refusedEnding(image, result.refusal);
    await meanwhile(mark);
    const rejected = this.runUntil('image-rejected', mark, PATIENCE_NS);
    const rejectMark = this.witness.mark;
    this.runUntil('firmware-start', rejectMark, PATIENCE_NS);
    return this.undoneEnding(image, mark, rejected);
  }

  /** One bit is not what was signed: where does it stop? */
  async damagedUpdate(): Promise<Ending> {
    const image = this.image('flipped-bit');
    this.teller.chapter(`${image.version}: ${image.promise}`);
    const result = await updateDevice(this.client, image.bytes, { goal: 'trial' });
    return this.refusedEnding(image, result.refusal);
  }

  async tryToConfirm(mark: number): Promise<void> {
    this.runUntil('heartbeat', this.witness.mark, 120 * SECOND_NS);
    const attempt = await this.client.imageConfirm().catch((error: unknown) => error);
    const { health = 0 } = await this.client.statRead('heartbeat');
    const refusal = attempt instanceof SmpError ? `refused (${attempt.name})` : 'accepted';
    const text = `a client asks to confirm it: ${refusal}; it is ${healthText(health)}`;
    const began = this.witness.first('boot', mark)?.timeNs ?? 0;
    this.teller.line({ timeNs: Math.max(began, this.board.now), event: 'confirm-tried', facts: { refusal }, text });
  }

  private async undoneEnding(image: BuiltImage, mark: number, rejected: LogLine | undefined): Promise<Ending> {
    const { witness } = this;
    const running = await this.runningVersion();
    const began = witness.first('boot', mark);
    const reset = witness.last('reset', mark);
    const back = witness.last('boot', mark);
    const trialNs = began && reset ? reset.timeNs - began.timeNs : null;
    const recoveryNs = reset && back ? back.timeNs - reset.timeNs : null;
    const cause = rejected ? `${reset?.facts.cause}: ${rejected.facts.reason}` : null;
    const fault = began && witness.last('fault', mark);
    const undone = rejected !== undefined && running !== image.version;
    const where =
      fault && fault.timeNs >= began.timeNs && fault.facts.function ? `, stuck in ${fault.facts.function}` : '';
    this.teller.verdict(
      undone
        ? `undone by ${reset?.facts.cause} ${spanText(trialNs ?? 0)} into its trial${where}; ${running} runs again ` +
            `${spanText(recoveryNs ?? 0)} later`
        : `not undone: ${running ?? 'nothing'} runs`,
      undone,
    );
    const outcome = undone ? 'undone' : 'confirmed';
    return { image: image.name, version: image.version, outcome, running, cause, trialNs, recoveryNs };
  }

  private async refusedEnding(image: BuiltImage, refusal: SmpError | undefined): Promise<Ending> {
    const running = await this.runningVersion();
    const stopped = refusal !== undefined && running !== image.version;
    const text = stopped
      ? `refused before it ever ran (${refusal.name}); ${running} never stopped running`
      : `not stopped: ${running ?? 'nothing'} runs`;
    this.teller.verdict(text, stopped);
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

  private image(name: string): BuiltImage {
    const image = this.build.images.get(name);
    if (!image) throw new Error(`the build made no image '${name}'`);
    return image;
  }
}

const noTimes = { trialNs: null, recoveryNs: null };
