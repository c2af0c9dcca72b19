// The moves of the search: what an operator, chance or the power supply can do to a device at rest, and where power can be cut in the middle of it.

import { BootRecord } from '../../../protocol/image/boot-record.ts';
import { SlotState } from '../../../protocol/image/boot-state.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { type Action, act, settle } from '../device/actions.ts';
import type { ImageName } from '../device/images.ts';
import { mayRot, newestPlace, newestStates } from '../device/journal.ts';
import { type Cut, cutsOf, type Operation } from '../device/operations.ts';
import { type Told, toldOf } from '../device/told.ts';
import type { Model } from './models.ts';
import type { World } from './world.ts';

export interface Move {
  name: string;
  /** Whether the move is possible for a device in this state. */
  fits(world: World): boolean;
  /** Throws StoryFailed when the device refuses, or loses power. */
  do(world: World): void;
  /** The move may lose an image, so fewer images may be bootable afterwards. */
  harms?: true;
  /** Uploads this image, to its end. */
  uploads?: ImageName;
  /** The result depends on the boot-state record before the newest one, which the window leaves out. */
  readsOlder?: true;
  /** What a client knows about the move besides that it was done; computed before it is done. */
  knows?(world: World): Told;
}

/** A cut in a move. */
interface MoveCut extends Cut {
  /** It leaves random bits in a whole sector, so that chance may decide whether a slot reads as empty. */
  leavesChance: boolean;
}

const always = () => true;
const inFirmware = ({ board }: World) => board.state === 'firmware';

function asked(name: string, action: Action, fits: Move['fits'] = always): Move {
  return {
    name,
    fits,
    do: ({ operator, images }) => act(operator, action, images),
    knows: ({ board, images }) => toldOf(action, board, images),
    ...(action.do === 'upload' && { uploads: action.image }),
  };
}

/** All moves of a model, uncut. */
export function movesOf({ images, trailers, hangs, rot, resets }: Model): Move[] {
  return [
    ...images.map((image) => asked(`upload ${image}`, { do: 'upload', image })),
    ...(trailers ? images.flatMap(paddedUploads) : []),
    ...images.map((image) => asked(`mark ${image}`, { do: 'mark', image }, canMark(image))),
    asked('confirm', { do: 'confirm' }, inFirmware),
    ...(trailers ? [asked('be healthy', { do: 'be healthy' }, inFirmware)] : []),
    asked('erase', { do: 'erase', slot: 0 }, inFirmware),
    asked('reset', { do: 'reset' }),
    asked('ask for safe mode', { do: 'safe mode' }, inFirmware),
    { name: 'cycle power', fits: always, do: (world) => world.cyclePower() },
    ...(hangs ? [asked(hangOn, { do: 'hang on' }, inFirmware)] : []),
    ...(resets ? resetting : []),
    ...(rot ? rotting() : []),
  ];
}

const hangOn = 'hang on and on';

/** Only in firmware: there a padded file differs from a plain one only by its last bytes. */
function paddedUploads(image: ImageName): Move[] {
  return (['test', 'permanent'] as const).map((trailer) =>
    asked(
      `upload ${image}, ${trailer === 'test' ? 'padded' : 'padded and confirmed'}`,
      { do: 'upload', image, trailer },
      inFirmware,
    ),
  );
}

/** Firmware marks the slot that it does not run from; safe mode marks any slot, by the hash of its image. */
function canMark(image: ImageName): Move['fits'] {
  return (world) => (inFirmware(world) ? world.imageIn(world.runningSlot() ^ 1) === image : world.holds(image));
}

const resetting: readonly Move[] = [
  // Emulating a core that spins until then takes a second of wasm, with the same end.
  asked('hang', { do: 'starve' }, inFirmware),
  { name: 'pull the reset pin', fits: always, do: (world) => comeBack(world, () => world.board.pullResetPin()) },
  { name: 'brown out', fits: always, do: (world) => comeBack(world, () => world.board.brownOut()) },
];

function rotting(): Move[] {
  const slots = [0, 1].map((slot): Move => {
    return {
      name: `rot a bit in slot ${'AB'[slot]}`,
      fits: (world) => world.imageIn(slot) !== undefined,
      do: (world) => {
        act(world.operator, { do: 'damage', slot }, world.images);
        world.powerOn();
      },
      harms: true,
    };
  });
  return [
    ...slots,
    {
      name: 'rot a bit in the boot state',
      fits: ({ board }) => mayRot(board),
      do: rotRecord,
      harms: true,
      readsOlder: true,
      knows: whatOlderRecordAsks,
    },
  ];
}

/** The record before the newest one will count. A trial that is requested in that one is requested again. */
function whatOlderRecordAsks({ board }: World): Told {
  const [, before] = newestStates(board);
  const asked = [0, 1].filter((slot) => isAskedFor(before?.slots[slot].state));
  return {
    rots: { confirmedLast: before?.confirmedLast },
    asks: { slots: asked, older: asked.some((slot) => before?.slots[slot].older) },
  };
}

function isAskedFor(state: number | undefined): boolean {
  return state === SlotState.PENDING || state === SlotState.TRIAL;
}

function comeBack({ operator }: World, reset: () => void): void {
  reset();
  settle(operator);
}

function rotRecord(world: World): void {
  const { board } = world;
  board.cutPower();
  const at = MemoryMap.BOOT_STATE_0 + (newestPlace(board) as number) + BootRecord.RUNNING;
  const byte = new Uint8Array(1);
  board.machine.flash.readBytes(at, byte);
  byte[0] ^= 1;
  board.machine.flash.writeBytes(at, byte);
  world.powerOn();
}

/** Operations of an upload that are cut: the erase of the trailer, the record that forgets the image, the erase of the first sector, the first bytes, the last. */
const uploadOperations = [0, 1, 2, 3, -1];
/** Operations that are cut when an image hangs again and again: those of the boot that ends it. The boots before are those of one hang. */
const lastOperations = [-4, -3, -2, -1];

/** Cuts of a move whose operations were seen: before each, inside it, and after the last. */
export function cutsOfMove(name: string, operations: readonly Operation[]): MoveCut[] {
  const places = name.startsWith('upload') ? uploadOperations : name === hangOn ? lastOperations : undefined;
  const wanted = places?.flatMap((place) => operations.at(place) ?? []) ?? operations;
  return [...new Set(wanted)].flatMap((operation, number) => {
    const all = cutsOf(operation, (unit, units) => unit === units >> 1);
    const last = operation === wanted.at(-1);
    return all
      .filter(({ tear, atNs }) =>
        tear === undefined ? atNs < operation.startNs || last : exploredTears.has(tear.pattern),
      )
      .map((cut) => ({
        ...cut,
        name: `${operation.kind} ${number} ${cut.name}`,
        leavesChance: operation.kind === 'erase' && cut.tear?.pattern === randomTear,
      }));
  });
}

const randomTear = 'RANDOM_BITS';
/** These represent the others: the power proof tries all of them. */
const exploredTears = new Set([randomTear, 'PRE_PROGRAMMED', 'ALL_WEAK']);
