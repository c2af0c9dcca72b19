// A session: one call of maintain whose runs are recorded, and that goes on after an interruption where it was.
//
// What must stay true: a run counts when its record is on the disk, and not before. A session that was interrupted anywhere and taken up again makes
// the same runs, in the same order, as one that was not: it is repeated from its beginning with the outcomes of its records, until they are used
// up. For this the moment and the roots of a session are in a file of its own, which is written before its first run.

import { SmpError } from '../smp/index.ts';
import { type CalibrationGraph, CalibrationState, type DeviceTime, type RunKind } from './graph.ts';
import { CalibrationFailure, type MaintainOptions, maintain } from './maintain.ts';
import {
  numberInName,
  outcomeOf,
  parseRecord,
  RECORD_FORMAT,
  RecordError,
  type RunRecord,
  type RunReport,
  recordName,
  recordText,
} from './record.ts';

/** Where records are. Writing is whole or not at all, and on the disk when it returns; the rest is the folder's own. */
export interface RecordFolder {
  names(): string[];
  read(name: string): string;
  /** Refuses to replace a file. */
  write(name: string, text: string): void;
  replace(name: string, text: string): void;
  remove(name: string): void;
}

/** The device at the other end: who it is, and its time. */
export interface DeviceIdentity {
  device: string;
  image: string;
}

/** What makes the measurement of a node. */
export interface Bench {
  identity: DeviceIdentity;
  now(): Promise<DeviceTime>;
  run(node: string, kind: RunKind): Promise<RunReport>;
  /** Which corrections the device has in force: another text for others. */
  inForce(): Promise<string>;
}

/** The device was reset while it was calibrated: its settings are lost, and nobody knows for how long it was away. */
export class DeviceReset extends Error {}

/** Does work on a device that must not be reset meanwhile; the moments before and after it. Rejects with a DeviceReset. */
export async function withoutReset<Result>(
  bench: Pick<Bench, 'now'>,
  boot: number,
  what: string,
  work: () => Promise<Result>,
): Promise<{ start: DeviceTime; end: DeviceTime; result: Result }> {
  const start = sameBoot(await bench.now());
  let result: Result;
  try {
    result = await work();
  } catch (error) {
    // What the device refuses because it was reset is not the cause. A link that is cut says nothing, and is not waited for again.
    const isLink = error instanceof SmpError && (error.kind === 'timeout' || error.kind === 'link');
    if (!isLink) await bench.now().then(sameBoot, () => undefined);
    throw error;
  }
  return { start, end: sameBoot(await bench.now()), result };

  function sameBoot(time: DeviceTime): DeviceTime {
    if (time.boot === boot) return time;
    const text = `the device was reset while it was calibrated (boot ${boot}, now boot ${time.boot}), at ${what}`;
    throw new DeviceReset(
      `${text}; 'coldrig bootlog' says why. The same command calibrates again: it checks everything`,
    );
  }
}

const SESSION_FILE = 'session.json';

interface OpenSession extends DeviceIdentity {
  root: string;
  begin: DeviceTime;
  /** Number of its first run. */
  first: number;
  /** Nodes that were doubted when it began. */
  doubted: string[];
  /** Of what it is storing, or stored last: how `inForce` will end. A store that an interruption leaves without a record is its own all the same. */
  storing?: string;
}

export class CalibrationRecords {
  private readonly folder: RecordFolder;
  readonly records: RunRecord[];

  /** Reads everything. Throws a RecordError that names the first file that is none. */
  constructor(folder: RecordFolder) {
    this.folder = folder;
    const numbered = folder
      .names()
      .flatMap((name) => {
        const number = numberInName(name);
        return number === undefined ? [] : [{ name, number }];
      })
      .sort((a, b) => a.number - b.number);
    this.records = numbered.map(({ name, number }) => {
      const record = parseRecord(folder.read(name), name);
      if (record.number !== number) throw new RecordError(`${name} holds record ${record.number}: it was renamed`);
      return record;
    });
    for (const [index, { number }] of numbered.entries())
      if (index > 0 && numbered[index - 1].number === number)
        throw new RecordError(`${numbered[index - 1].name} and ${numbered[index].name} have the same number`);
  }

  get nextNumber(): number {
    return (this.records.at(-1)?.number ?? 0) + 1;
  }

  /** Of this device and image: a calibration of another one says nothing. */
  of({ device, image }: DeviceIdentity): RunRecord[] {
    return this.records.filter((record) => record.device === device && record.image === image);
  }

  add(record: RunRecord): void {
    this.folder.write(recordName(record), recordText(record));
    this.records.push(record);
  }

  openSession(): OpenSession | undefined {
    if (!this.folder.names().includes(SESSION_FILE)) return undefined;
    try {
      return JSON.parse(this.folder.read(SESSION_FILE)) as OpenSession;
    } catch (error) {
      throw new RecordError(`${SESSION_FILE} cannot be read (${(error as Error).message}); remove it to begin anew`);
    }
  }

  begin(session: OpenSession): void {
    this.folder.replace(SESSION_FILE, `${JSON.stringify(session, null, 2)}\n`);
  }

  /** The open session is about to store corrections. */
  noteStore(storing: string): void {
    const session = this.openSession();
    if (session) this.begin({ ...session, storing });
  }

  end(): void {
    this.folder.remove(SESSION_FILE);
  }
}

export interface SessionOptions extends MaintainOptions {
  /** Nodes whose state does not count, whatever the records say: a drift alarm, or a person who asks for it. */
  doubted?: readonly string[];
  /** Told of each record when it is on the disk. */
  onRecord?: (record: RunRecord) => void;
  /** Told when an interrupted session is taken up: how many of its runs are there already. */
  onResume?: (runs: number) => void;
}

/**
 * Brings `root` and all it depends on into their limits. Takes up the open session of the folder when it is for the same root, device and image,
 * and the device has neither been reset since nor got other corrections; otherwise that one is ended as it is, and its records stay. Rejects with a CalibrationFailure.
 */
export async function calibrate(
  graph: CalibrationGraph,
  root: string,
  records: CalibrationRecords,
  bench: Bench,
  options: SessionOptions = {},
): Promise<void> {
  const now = await bench.now();
  const own = records.of(bench.identity);
  const isAnother = await hasOthersCorrections(records, bench);
  const session = (isAnother ? undefined : takenUp(records, root, bench.identity, now)) ?? {
    ...{ ...bench.identity, root, begin: now, first: records.nextNumber },
    doubted: isAnother ? graph.below(root) : [...(options.doubted ?? [])],
  };
  const journal = own.filter(({ number }) => number >= session.first);
  if (journal.length > 0) options.onResume?.(journal.length);
  else records.begin(session);
  const state = new CalibrationState(own.filter(({ number }) => number < session.first).map(outcomeOf));
  for (const node of session.doubted) state.doubt(node);
  const repeated = journal.values();
  const run = async (node: string, kind: RunKind) => {
    const earlier = repeated.next();
    if (!earlier.done) return outcomeOf(earlier.value);
    return outcomeOf(await measured(node, kind, records, bench, session, options));
  };
  try {
    await maintain(graph, state, root, session.begin, run, options);
  } catch (error) {
    // A failed calibration is an end like success; anything else (the link, Ctrl-C, a full disk) leaves the session open.
    if (error instanceof CalibrationFailure) records.end();
    throw error;
  }
  records.end();
  // What was doubted only after the interruption is looked at now.
  const late = (options.doubted ?? []).filter((node) => !session.doubted.includes(node));
  if (late.length > 0) await calibrate(graph, root, records, bench, { ...options, doubted: late });
}

/** Somebody else stored corrections, or the device lost them: what the records say of it is not so any more. */
export async function hasOthersCorrections(records: CalibrationRecords, bench: Bench): Promise<boolean> {
  const last = records.of(bench.identity).at(-1);
  const inForce = await bench.inForce();
  if (!last || last.inForce === inForce) return false;
  const { device, image, storing } = records.openSession() ?? {};
  const isOwn = device === bench.identity.device && image === bench.identity.image;
  return !isOwn || storing === undefined || !inForce.endsWith(storing);
}

function takenUp(
  records: CalibrationRecords,
  root: string,
  { device, image }: DeviceIdentity,
  now: DeviceTime,
): OpenSession | undefined {
  const open = records.openSession();
  if (!open || open.root !== root || open.device !== device || open.image !== image) return undefined;
  return open.begin.boot === now.boot && open.begin.ns <= now.ns ? open : undefined;
}

async function measured(
  node: string,
  kind: RunKind,
  records: CalibrationRecords,
  bench: Bench,
  session: OpenSession,
  options: SessionOptions,
): Promise<RunRecord> {
  const what = `${kind} ${node}`;
  const run = await withoutReset(bench, session.begin.boot, what, () => bench.run(node, kind));
  const { start, end, result: report } = run;
  const number = records.nextNumber;
  const record: RunRecord = {
    format: RECORD_FORMAT,
    number,
    session: session.first,
    node,
    kind,
    ...bench.identity,
    start,
    end,
    inForce: await bench.inForce(),
    ...report,
  };
  records.add(record);
  options.onRecord?.(record);
  return record;
}
