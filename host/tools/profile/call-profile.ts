// Where the cycles of a run went: by function and call stack, and for each task the run that took longest, call by call.
//
//   board ──▶ CallProfile ──▶ speedscope.ts      a flame graph, and the longest run of each task as it happened
//   (calls)                ──▶ worst.ts           a table: task, longest run, the path that took it
//                          ──▶ trace files        calls beside the signals of a replay
//
// Cycles are those the core charged; time has the stalls as well, in which the core waits for the bus. What must stay true: both are exact, so the
// cycles of all functions add up to those of all runs; nothing here changes a run.

/** What a profile needs to know of an image (host/board/cpu). */
export interface ProfiledImage {
  hash: string;
  bytes: Uint8Array;
  functionNames: readonly string[];
}

/** A function in one call stack. Figures are its own, without those of the functions that it calls. */
export interface CallNode {
  functionIndex: number;
  /** Of a function that is called with the number of a task. */
  task: number | undefined;
  calls: number;
  cycles: number;
  timeNs: number;
  children: Map<number, CallNode>;
}

/** Calls and returns in order; times and cycles count from the first one. */
export interface CallEvents {
  /** In turn: function index, or -1 for a return; cycles; nanoseconds. */
  data: Float64Array;
  timeNs: number;
  cycles: number;
}

/** What is known of a task, or of an entry of the image. */
export interface TaskProfile {
  /** `reset` and `interrupt` are what the core calls; others are tasks of the scheduler. */
  kind: 'entry' | 'task';
  functionIndex: number;
  task: number | undefined;
  runs: number;
  /** Of all runs, with what they called. */
  timeNs: number;
  /** The run that took longest, and when it began. */
  worst: CallEvents & { startNs: number; cut: boolean };
}

export interface ModuleProfile {
  role: 'bootloader' | 'firmware';
  image: ProfiledImage;
  /** Above the entries; it is no function. */
  root: CallNode;
  tasks: TaskProfile[];
  runs: number;
  cycles: number;
  timeNs: number;
}

/** A whole run of the core. */
export interface TimedRun extends CallEvents {
  module: ModuleProfile;
  startNs: number;
}

/** Who calls tasks, and what else it calls. */
const scheduler = /(^|\/)firmware\/kernel\/scheduler\//;
const notTasks = /(^|\/)(firmware\/kernel|protocol\/guest)\//;
/** Functions that get the number of the task to run. */
const dispatcher = /\/runTask$/;
/** Keys of children are function indices; those with a task are beyond all of them. */
const taskKeys = 2 ** 20;

interface Kinds {
  scheduler: boolean[];
  notTask: boolean[];
  dispatcher: boolean[];
}

/** A task, or an entry, under way. */
interface Open {
  depth: number;
  event: number;
  cycles: number;
  timeNs: number;
}

interface Known {
  module: ModuleProfile;
  kinds: Kinds;
  byKey: Map<number, TaskProfile>;
}

/** Give it to a board as its option `calls`. */
export class CallProfile {
  private readonly known = new Map<string, Known>();
  private readonly timeline: TimedRun[] = [];
  private readonly timelineMost: number;
  private timelineEvents = 0;
  private events = new Float64Array(3 * 4096);
  private used = 0;
  private readonly stack: CallNode[] = [];
  private readonly open: Open[] = [];
  private present: Known | undefined;
  private startNs = 0;
  private lastCycles = 0;
  private lastNs = 0;

  /** `timelineMost`: of the last runs, so many calls and returns are kept as they happened. */
  constructor({ timelineMost = 0 } = {}) {
    this.timelineMost = timelineMost;
  }

  /** Bootloaders first. */
  get modules(): ModuleProfile[] {
    return [...this.known.values()]
      .map(({ module }) => module)
      .sort((a, b) => (a.role < b.role ? -1 : a.role > b.role ? 1 : 0));
  }

  /** The last runs of the core, oldest first. */
  get lastRuns(): readonly TimedRun[] {
    return this.timeline;
  }

  begin(image: ProfiledImage, handedOver: boolean, _lines: number, timeNs: number): void {
    this.present = this.known.get(image.hash) ?? this.add(image, handedOver);
    this.present.module.runs++;
    this.stack.length = 0;
    this.open.length = 0;
    this.stack.push(this.present.module.root);
    this.used = 0;
    [this.startNs, this.lastNs, this.lastCycles] = [timeNs, timeNs, 0];
  }

  enter(functionIndex: number, argument: number, cycles: number, timeNs: number): void {
    const { stack, present } = this;
    if (!present) return;
    this.pass(cycles, timeNs);
    const { kinds } = present;
    const caller = stack[stack.length - 1];
    const isTask = stack.length > 1 && kinds.scheduler[caller.functionIndex] && !kinds.notTask[functionIndex];
    const task = isTask && kinds.dispatcher[functionIndex] ? argument : undefined;
    const key = task === undefined ? functionIndex : functionIndex + (task + 1) * taskKeys;
    const node = caller.children.get(key) ?? addNode(caller, key, functionIndex, task);
    node.calls++;
    stack.push(node);
    if (isTask || stack.length === 2) this.open.push({ depth: stack.length, event: this.used, cycles, timeNs });
    this.note(functionIndex, cycles, timeNs);
  }

  leave(cycles: number, timeNs: number): void {
    this.pass(cycles, timeNs);
    this.note(-1, cycles, timeNs);
    this.close(cycles, timeNs, false);
    this.stack.pop();
  }

  end(cycles: number, timeNs: number): void {
    const { present, stack } = this;
    if (!present) return;
    this.pass(cycles, timeNs);
    const cut = stack.length > 2;
    for (; stack.length > 1; stack.pop()) {
      this.note(-1, cycles, timeNs);
      this.close(cycles, timeNs, cut);
    }
    present.module.cycles += cycles;
    present.module.timeNs += timeNs - this.startNs;
    if (this.timelineMost > 0) this.keepRun(present.module, cycles, timeNs);
    this.present = undefined;
  }

  private pass(cycles: number, timeNs: number): void {
    const top = this.stack[this.stack.length - 1];
    top.cycles += cycles - this.lastCycles;
    top.timeNs += timeNs - this.lastNs;
    this.lastCycles = cycles;
    this.lastNs = timeNs;
  }

  /** The function on top of the stack returns; a task ends with it if it is one. */
  private close(cycles: number, timeNs: number, cut: boolean): void {
    const { open, stack } = this;
    const last = open[open.length - 1];
    if (last?.depth !== stack.length) return;
    open.pop();
    const node = stack[stack.length - 1];
    const profile = this.taskOf(node);
    profile.runs++;
    profile.timeNs += timeNs - last.timeNs;
    if (timeNs - last.timeNs <= profile.worst.timeNs) return;
    const data = this.events.slice(3 * last.event, 3 * this.used);
    for (let at = 0; at < data.length; at += 3) {
      data[at + 1] -= last.cycles;
      data[at + 2] -= last.timeNs;
    }
    const [taken, used] = [timeNs - last.timeNs, cycles - last.cycles];
    profile.worst = { data, timeNs: taken, cycles: used, startNs: last.timeNs, cut };
  }

  private taskOf({ functionIndex, task }: CallNode): TaskProfile {
    const { byKey, module } = this.present as Known;
    const key = functionIndex + (task === undefined ? 0 : (task + 1) * taskKeys);
    const known = byKey.get(key);
    if (known) return known;
    const profile: TaskProfile = {
      ...{ kind: this.stack.length === 2 ? 'entry' : 'task', functionIndex, task, runs: 0, timeNs: 0 },
      worst: { data: new Float64Array(0), timeNs: -1, cycles: 0, startNs: 0, cut: false },
    };
    byKey.set(key, profile);
    module.tasks.push(profile);
    return profile;
  }

  private note(functionIndex: number, cycles: number, timeNs: number): void {
    const at = 3 * this.used++;
    if (at === this.events.length) {
      const larger = new Float64Array(2 * at);
      larger.set(this.events);
      this.events = larger;
    }
    this.events[at] = functionIndex;
    this.events[at + 1] = cycles;
    this.events[at + 2] = timeNs;
  }

  private keepRun(module: ModuleProfile, cycles: number, timeNs: number): void {
    const { timeline, startNs } = this;
    const data = this.events.slice(0, 3 * this.used);
    for (let at = 2; at < data.length; at += 3) data[at] -= startNs;
    timeline.push({ module, startNs, data, cycles, timeNs: timeNs - startNs });
    this.timelineEvents += this.used;
    // At least the last one stays.
    while (this.timelineEvents > this.timelineMost && timeline.length > 1)
      this.timelineEvents -= (timeline.shift() as TimedRun).data.length / 3;
  }

  private add(image: ProfiledImage, handedOver: boolean): Known {
    const root: CallNode = { functionIndex: -1, task: undefined, calls: 0, cycles: 0, timeNs: 0, children: new Map() };
    const module: ModuleProfile = {
      ...{ role: handedOver ? 'firmware' : 'bootloader', image, root, tasks: [], runs: 0, cycles: 0, timeNs: 0 },
    };
    const having = (pattern: RegExp) => image.functionNames.map((name) => pattern.test(name));
    const kinds = { scheduler: having(scheduler), notTask: having(notTasks), dispatcher: having(dispatcher) };
    const known = { module, kinds, byKey: new Map() };
    this.known.set(image.hash, known);
    return known;
  }
}

function addNode(parent: CallNode, key: number, functionIndex: number, task: number | undefined): CallNode {
  const node: CallNode = { functionIndex, task, calls: 0, cycles: 0, timeNs: 0, children: new Map() };
  parent.children.set(key, node);
  return node;
}
