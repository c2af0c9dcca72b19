// Where two runs part in the source: the first thing that the core does otherwise, in the run of the core in which their logs part.
//
//   log        … same record │ record that differs                    (hil/rig/bisect.ts)
//   moments      call, access, return, … same │ other                 compared in the last run of the core before that record
//
// Two builds have other lines, so their lines are compared only where both runs execute the same module; calls, returns and accesses are always.
// What must stay true: the moments before the one that is found are the same in both runs, with the same times.

import { nsPerCycle } from '../../host/board/clock.ts';
import { peripheralTable, type RegisterEntry } from '../../protocol/generated/registers.ts';
import type { PlacesOf } from '../rig/coverage.ts';
import { KnownModules, type ModuleLines } from './module-lines.ts';
import type { Moment } from './moment.ts';
import { Player, type Turn } from './player.ts';
import type { OpenRun } from './recorded-run.ts';

/** Something that the core does, and where. */
export interface Deed {
  /** From the beginning of the run. */
  timeNs: number;
  cycle: number;
  /** In words: `write RAILS.ENABLE 0x3f`. */
  does: string;
  function: string;
  file?: string;
  line?: number;
}

export interface SourceParting {
  /** The last thing that both do; none at the beginning of a run of the core. */
  both: Deed | undefined;
  /** What each does then; none where its run of the core ends. */
  each: [Deed | undefined, Deed | undefined];
}

/** The moments of one run of the core. A whole boot has some millions, so they are kept as numbers. */
interface Course {
  /** Records at its beginning, counted from the beginning of the recording. */
  run: number;
  module: ModuleLines | undefined;
  zeroNs: number;
  times: number[];
  deeds: number[];
  values: number[];
  places: number[];
}

const NONE = -1;

/** Names as numbers, the same in both runs. */
class Names {
  readonly texts: string[] = [];
  private readonly numbers = new Map<string, number>();

  numberOf(text: string): number {
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    this.numbers.set(text, this.texts.length);
    return this.texts.push(text) - 1;
  }
}

/** `same`: how many records of the logs are the same. Undefined where the core does nothing otherwise before the logs part. */
export async function sourceParting(
  runs: readonly [OpenRun, OpenRun],
  same: number,
  { placesOf, turn }: { placesOf?: PlacesOf; turn?: Turn } = {},
): Promise<SourceParting | undefined> {
  const modules = new KnownModules(placesOf);
  const names = new Names();
  const one = await courseOf(runs[0], same, modules, names, turn);
  const other = await courseOf(runs[1], same, modules, names, turn);
  if (one.run !== other.run) return undefined;
  const withLines = one.module === other.module;
  const [left, right] = [indicesOf(one, withLines, names), indicesOf(other, withLines, names)];
  let at = 0;
  while (at < left.length && at < right.length && isSame(one, left[at], other, right[at])) at++;
  if (at === left.length && at === right.length) return undefined;
  const deedOf = (course: Course, index: number | undefined) =>
    index === undefined ? undefined : deedAt(course, index, names);
  return { both: deedOf(one, left[at - 1]), each: [deedOf(one, left[at]), deedOf(other, right[at])] };
}

async function courseOf(
  openRun: OpenRun,
  same: number,
  modules: KnownModules,
  names: Names,
  turn?: Turn,
): Promise<Course> {
  const player = await Player.open(openRun, modules, turn);
  const first = player.start.record;
  const course: Course = {
    run: NONE,
    module: undefined,
    zeroNs: player.repeater.run.zeroNs,
    times: [],
    deeds: [],
    values: [],
    places: [],
  };
  let hasParted = false;
  await player.forward({
    record() {
      hasParted ||= player.repeater.run.board.machine.logbook.length > first + same;
      return hasParted ? { text: '' } : undefined;
    },
    moment(moment) {
      if (moment.kind !== 'rest') append(course, moment, moment.run - first, names);
      return undefined;
    },
  });
  return course;
}

function append(course: Course, moment: Readonly<Moment>, run: number, names: Names): void {
  if (run !== course.run)
    Object.assign(course, { run, module: moment.module, times: [], deeds: [], values: [], places: [] });
  const { kind, frames, module, address, isWrite } = moment;
  const frame = frames[frames.length - 1];
  const name = module?.functionNames[frame?.functionIndex ?? NONE] ?? '';
  const line = frame?.line;
  const deed = kind === 'access' ? `${isWrite ? 'write' : 'read'} ${registerText(address)}` : kind;
  course.times.push(moment.timeNs);
  course.deeds.push(names.numberOf(deed));
  course.values.push(kind === 'access' ? moment.value : 0);
  course.places.push(names.numberOf(line === undefined ? name : `${name} ${line.line} ${line.file}`));
}

/** Of the moments to compare. */
function indicesOf({ deeds }: Course, withLines: boolean, names: Names): number[] {
  const line = names.numberOf('line');
  return [...deeds.keys()].filter((index) => withLines || deeds[index] !== line);
}

function isSame(one: Course, left: number, other: Course, right: number): boolean {
  const isAt = one.times[left] - one.zeroNs === other.times[right] - other.zeroNs;
  return isAt && one.deeds[left] === other.deeds[right] && one.values[left] === other.values[right];
}

function deedAt(course: Course, index: number, names: Names): Deed {
  const timeNs = course.times[index] - course.zeroNs;
  const deed = names.texts[course.deeds[index]];
  const [name, line, ...file] = names.texts[course.places[index]].split(' ');
  const isAccess = deed.startsWith('read ') || deed.startsWith('write ');
  return {
    ...{ timeNs, cycle: Math.floor(timeNs / nsPerCycle), function: name },
    does: isAccess ? `${deed} 0x${course.values[index].toString(16)}` : deedWords[deed],
    ...(line !== undefined && { file: file.join(' '), line: Number(line) }),
  };
}

const deedWords: Record<string, string> = {
  line: 'this line begins',
  call: 'it is called',
  return: 'a call has returned',
};

/** An address of the bus by name. */
function registerText(address: number): string {
  const peripheral = peripheralTable.find(({ base }) => address >= base && address < base + 0x1000);
  const registers: RegisterEntry[] = Object.values(peripheral?.registers ?? {});
  const offset = address - (peripheral?.base ?? 0);
  const register = registers.find((each) => offset >= each.offset && offset < each.offset + 4 * each.count);
  if (register === undefined) return `0x${address.toString(16)}`;
  const index = register.count === 1 ? '' : `[${(offset - register.offset) / 4}]`;
  return `${peripheral?.name}.${register.name}${index}`;
}
