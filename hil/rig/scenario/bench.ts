// The emulated board of scenarios, one for each kind (fridge, seed, image): it is made once in a process and set back for every scenario.

import { createHash } from 'node:crypto';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import { openFridge } from '../../../host/tools/open-fridge.ts';
import { DeviceUnderTest } from '../device.ts';
import { WiredCryostat } from '../wiring.ts';
import { type Chooser, randomChooser } from './choices.ts';
import { Chronicle } from './chronicle.ts';
import { InsideRig } from './inside.ts';
import { RecordedBoard } from './recorded-board.ts';
import { baseImage, fuseKeys, type RigSettings } from './settings.ts';
import { startingState } from './states.ts';

/** Records of the log that are kept of a long run. */
const LOG_MOST = 20_000;

/** What a board of this kind is made of, for a process that makes it again. */
export interface BenchKind {
  seed: number;
  /** Preset or path of the fridge; a quiet bench when left out. */
  fridge?: string;
}

const benches = new Map<string, Promise<ScenarioBench>>();

export class ScenarioBench {
  readonly kind: BenchKind;
  readonly device: DeviceUnderTest;
  readonly board: RecordedBoard;
  private readonly wired: WiredCryostat | undefined;
  private readonly settings: RigSettings;
  private readonly asMade: Snapshot;
  private readonly snapshots = new Map<string, Promise<Snapshot>>();

  /** A scenario runs on it. */
  private isTaken = false;

  /** The bench for a scenario in this fridge. One on which a scenario that was given up may still run is not used again. */
  static async of(settings: RigSettings, fridge: string | undefined): Promise<ScenarioBench> {
    const { seed = 1, image, publicKey, bootloader } = settings;
    const parts = [image, publicKey, bootloader].map(
      (bytes) => bytes && createHash('sha256').update(bytes).digest('hex'),
    );
    const key = JSON.stringify([seed, fridge, ...parts]);
    const before = await benches.get(key);
    if (before !== undefined && !before.isTaken) return before;
    const bench = ScenarioBench.make(settings, { seed, fridge });
    benches.set(key, bench);
    return bench;
  }

  private static async make(settings: RigSettings, kind: BenchKind): Promise<ScenarioBench> {
    const wired = cryostatOf(kind);
    let board: RecordedBoard | undefined;
    const device = await DeviceUnderTest.make({
      seed: kind.seed,
      slots: { A: await baseImage(settings) },
      keys: fuseKeys(settings),
      bootloader: settings.bootloader,
      ...(wired && { surroundings: () => wired }),
      makeBoard: (options) => {
        board = new RecordedBoard(options);
        return board;
      },
    });
    return new ScenarioBench(kind, settings, device, board as RecordedBoard, wired);
  }

  private constructor(
    kind: BenchKind,
    settings: RigSettings,
    device: DeviceUnderTest,
    board: RecordedBoard,
    wired: WiredCryostat | undefined,
  ) {
    [this.kind, this.settings, this.device, this.board, this.wired] = [kind, settings, device, board, wired];
    this.asMade = device.snapshot();
    device.logMost = LOG_MOST;
    device.programmer.onChange = (change) => board.note({ does: 'change-flash', change });
  }

  /** Sets the board back to a starting state, and puts it into the hands of a scenario; `start` is that state. */
  async begin(from: string, chooser: Chooser, signal?: AbortSignal): Promise<{ rig: InsideRig; start: Snapshot }> {
    this.isTaken = true;
    const start = await this.snapshotOf(from);
    this.device.restore(start);
    return { rig: this.rig(chooser, signal), start };
  }

  /** Follows the run of this rig from now on. */
  chronicle(rig: InsideRig): Chronicle {
    const { device, board, wired } = this;
    const chronicle = new Chronicle(device, board, rig.view, wired);
    const { onRecord } = device;
    device.onRecord = (record) => {
      onRecord?.(record);
      chronicle.record(record);
    };
    return chronicle;
  }

  end(): void {
    this.isTaken = false;
  }

  private snapshotOf(name: string): Promise<Snapshot> {
    const snapshot = this.snapshots.get(name) ?? this.makeSnapshot(name);
    this.snapshots.set(name, snapshot);
    return snapshot;
  }

  private async makeSnapshot(name: string): Promise<Snapshot> {
    const { from, make } = startingState(name);
    this.device.restore(from === undefined ? this.asMade : await this.snapshotOf(from));
    const chooser = randomChooser(this.kind.seed, `state ${name}`, 0);
    await make(this.rig(chooser));
    return this.device.snapshot();
  }

  private rig(chooser: Chooser, signal?: AbortSignal): InsideRig {
    const { device, board, wired, settings } = this;
    return new InsideRig({ client: device.client(), settings, chooser, signal, device, board, wired });
  }
}

/** The cryostat of a board of this kind. */
export function cryostatOf({ seed, fridge }: BenchKind): WiredCryostat | undefined {
  return fridge === undefined ? undefined : new WiredCryostat(openFridge(fridge), { seed });
}
