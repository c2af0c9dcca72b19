// `maintain` and `diagnose` of the calibration graph (graph.ts): which runs are made, in which order, until the wanted calibration is good.
//
//   maintain(root)   for each dependency: maintain. check_state passes: done. check: in spec: done; bad data: diagnose every dependency.
//                    Then calibrate. A calibration that fails is an error.
//   diagnose(node)   check: in spec: nothing was calibrated. Bad data: diagnose every dependency; where none of them was calibrated the cause is not
//                    below, and nothing is calibrated here either. Otherwise calibrate. Says whether something was calibrated.
//
// Three things are added to the paper, because nobody is there to start it again. A node without dependencies that shows bad data in `diagnose` is
// calibrated: no other node can be the cause. When the root's state does not pass at the end (a diagnosis calibrated something that another branch
// stands on), the whole is gone through again. And when a calibration fails after a diagnosis that left a node with bad data behind, that node is
// visited first and the whole is tried once more, before it is an error.
//
// What must stay true: which runs are made depends on the outcomes alone, so a recorded beginning leads to the same end (session.ts). Timeouts are
// judged at the moment at which maintain was called, so a long calibration does not outdate its own beginning.

import {
  type CalibrationGraph,
  type CalibrationState,
  type DeviceTime,
  GraphError,
  type Outcome,
  type RunKind,
  type StateFault,
} from './graph.ts';

/** Makes a run and says what came out; the caller records it. */
export type Runner = (node: string, kind: RunKind) => Promise<Outcome>;

/** A calibration failed, or the graph does not come to rest. */
export class CalibrationFailure extends Error {
  readonly node: string;
  /** Nodes that showed bad data in the diagnosis and were not calibrated. */
  readonly suspects: readonly string[];

  constructor(node: string, message: string, suspects: readonly string[] = []) {
    super(message);
    this.node = node;
    this.suspects = suspects;
  }
}

export interface MaintainOptions {
  /** Told before each run why it is made. */
  onRun?: (
    node: string,
    kind: RunKind,
    because: StateFault | 'bad data above' | Outcome['verdict'],
  ) => void | Promise<void>;
}

export async function maintain(
  graph: CalibrationGraph,
  state: CalibrationState,
  root: string,
  now: DeviceTime,
  run: Runner,
  options: MaintainOptions = {},
): Promise<void> {
  const pass = new Maintenance(graph, state, now, run, options);
  let triedSuspects = false;
  // Each further pass follows a calibration that a diagnosis made; with sound data one is enough.
  for (let passes = 0; passes <= graph.order.length; passes++) {
    if (state.fault(graph, root, now) === undefined) return;
    try {
      await pass.from(root);
    } catch (error) {
      if (!(error instanceof CalibrationFailure) || error.suspects.length === 0 || triedSuspects) throw error;
      triedSuspects = true;
    }
  }
  const fault = state.fault(graph, root, now);
  if (fault === undefined) return;
  const text = `${root} does not come to rest: after ${graph.order.length + 1} passes its state is still '${fault}'`;
  throw new CalibrationFailure(root, `${text}; look at the records of ${graph.below(root).join(', ')}`);
}

class Maintenance {
  private readonly graph: CalibrationGraph;
  private readonly state: CalibrationState;
  private readonly now: DeviceTime;
  private readonly runner: Runner;
  private readonly options: MaintainOptions;
  private suspects = new Set<string>();
  /** Of this pass. */
  private visited = new Set<string>();
  /** Of this diagnosis: whether something at or below the node was calibrated. */
  private diagnosed = new Map<string, boolean>();

  constructor(
    graph: CalibrationGraph,
    state: CalibrationState,
    now: DeviceTime,
    runner: Runner,
    options: MaintainOptions,
  ) {
    this.graph = graph;
    this.state = state;
    this.now = now;
    this.runner = runner;
    this.options = options;
  }

  /** One pass of the paper's `maintain`; a node that several others need is visited once. */
  async from(root: string): Promise<void> {
    this.visited = new Set();
    await this.visit(root);
  }

  private async visit(name: string): Promise<void> {
    if (this.visited.has(name)) return;
    this.visited.add(name);
    const { dependsOn } = this.graph.node(name);
    for (const dependency of dependsOn) await this.visit(dependency);
    const fault = this.state.fault(this.graph, name, this.now);
    if (fault === undefined) return;
    const { verdict } = await this.run(name, 'check', fault);
    if (verdict === 'in_spec') return;
    if (verdict === 'bad_data') {
      this.diagnosed = new Map();
      for (const dependency of dependsOn) await this.diagnose(dependency);
    }
    await this.calibrate(name, verdict);
  }

  private async diagnose(name: string): Promise<boolean> {
    const known = this.diagnosed.get(name);
    if (known !== undefined) return known;
    const recalibrated = await this.diagnoseOnce(name);
    this.diagnosed.set(name, recalibrated);
    return recalibrated;
  }

  private async diagnoseOnce(name: string): Promise<boolean> {
    const { dependsOn } = this.graph.node(name);
    const { verdict } = await this.run(name, 'check', 'bad data above');
    if (verdict === 'in_spec') return false;
    if (verdict === 'bad_data' && dependsOn.length > 0) {
      let recalibrated = false;
      for (const dependency of dependsOn) recalibrated = (await this.diagnose(dependency)) || recalibrated;
      if (!recalibrated) {
        this.suspects.add(name);
        return false;
      }
    }
    await this.calibrate(name, verdict);
    return true;
  }

  private async calibrate(name: string, because: Outcome['verdict']): Promise<void> {
    const { verdict } = await this.run(name, 'calibrate', because);
    if (verdict === 'in_spec') {
      this.suspects.delete(name);
      return;
    }
    const suspects = [...this.suspects].filter((suspect) => suspect !== name);
    this.suspects = new Set();
    const hint = suspects.length === 0 ? '' : `; ${suspects.join(', ')} showed bad data as well`;
    const what = verdict === 'bad_data' ? 'gave bad data' : 'did not bring it into its limits';
    throw new CalibrationFailure(name, `the calibration of ${name} ${what}${hint}; its record has the data`, suspects);
  }

  private async run(name: string, kind: RunKind, because: StateFault | 'bad data above' | Outcome['verdict']) {
    await this.options.onRun?.(name, kind, because);
    const outcome = await this.runner(name, kind);
    if (outcome.node !== name || outcome.kind !== kind)
      throw new GraphError(`a run of ${kind} ${name} was answered with ${outcome.kind} ${outcome.node}`);
    this.state.add(outcome);
    return outcome;
  }
}
