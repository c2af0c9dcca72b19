// The calibration graph: which calibration depends on which, and when the state of one counts as good without a measurement.
//
// Source of the conditions: J. Kelly et al., "Physical qubit calibration on a directed acyclic graph" (2018), arXiv:1803.03226. `check_state` of a
// node passes when all four are so:
//
//   1. its last check or calibration passed, and that was within its timeout;
//   2. its last calibration did not fail, or something after it passed;
//   3. nothing it depends on was calibrated after its own last check or calibration;
//   4. `check_state` passes for everything it depends on.
//
// Where the paper is silent: a check that failed counts at once, also while an older pass is still within the timeout (condition 1), and a check
// that passes resolves a failed calibration (condition 2). A pass before a reset of the device does not count: how long ago it was is not known.
//
// What must stay true: this file measures nothing and reads no clock; the state is made from outcomes alone, so it can be made again from records.

/** What a measurement says. Of a calibration: `in_spec` is success, the others are failure. */
export type Verdict = 'in_spec' | 'out_of_spec' | 'bad_data';
export type RunKind = 'check' | 'calibrate';

/** A moment of the device: nanoseconds since its boot of this number. */
export interface DeviceTime {
  boot: number;
  ns: number;
}

export interface GraphNode {
  name: string;
  dependsOn: readonly string[];
  /** How long a check or a calibration counts. */
  timeoutNs: number;
}

/** One run of a node, as far as the graph needs it. Outcomes are ordered by `number`, which only grows. */
export interface Outcome {
  number: number;
  node: string;
  kind: RunKind;
  verdict: Verdict;
  end: DeviceTime;
}

/** A graph that is none: a name twice, a dependency that does not exist, a circle. */
export class GraphError extends Error {}

export class CalibrationGraph {
  /** Dependencies before those that need them. */
  readonly order: readonly string[];
  private readonly nodes: ReadonlyMap<string, GraphNode>;

  constructor(nodes: readonly GraphNode[]) {
    const known = new Map<string, GraphNode>();
    for (const node of nodes) {
      if (known.has(node.name)) throw new GraphError(`the calibration ${node.name} is there twice`);
      known.set(node.name, node);
    }
    this.nodes = known;
    this.order = this.sorted(known.keys());
  }

  node(name: string): GraphNode {
    const node = this.nodes.get(name);
    if (node) return node;
    throw new GraphError(`there is no calibration '${name}'; there are ${[...this.nodes.keys()].join(', ')}`);
  }

  /** A node and all it depends on, dependencies first. */
  below(root: string): string[] {
    return this.sorted([root]);
  }

  private sorted(roots: Iterable<string>): string[] {
    const done = new Set<string>();
    const trail: string[] = [];
    const visit = (name: string): void => {
      if (done.has(name)) return;
      if (trail.includes(name))
        throw new GraphError(`calibrations depend on each other in a circle: ${[...trail, name].join(' needs ')}`);
      trail.push(name);
      for (const dependency of this.node(name).dependsOn) visit(dependency);
      trail.pop();
      done.add(name);
    };
    for (const root of roots) visit(root);
    return [...done];
  }
}

interface NodeState {
  last: Outcome | undefined;
  lastPass: Outcome | undefined;
  lastCalibration: Outcome | undefined;
  /** A calibration failed, and nothing has passed since. */
  unresolved: boolean;
  /** Marked from outside (a drift alarm, a person) after its last outcome. */
  doubted: boolean;
}

/** Why `check_state` does not pass. */
export type StateFault =
  | 'never checked'
  | 'last check failed'
  | 'timeout'
  | 'device was reset'
  | 'calibration failed'
  | 'dependency calibrated later'
  | 'dependency does not pass'
  | 'doubted';

/** Everything that is known of the nodes, from outcomes in their order. */
export class CalibrationState {
  private readonly states = new Map<string, NodeState>();
  private lastNumber = 0;

  constructor(outcomes: Iterable<Outcome> = []) {
    for (const outcome of outcomes) this.add(outcome);
  }

  add(outcome: Outcome): void {
    if (outcome.number <= this.lastNumber)
      throw new Error(`outcome ${outcome.number} of ${outcome.node} comes after outcome ${this.lastNumber}`);
    this.lastNumber = outcome.number;
    const state = this.of(outcome.node);
    const passes = outcome.verdict === 'in_spec';
    state.last = outcome;
    state.doubted = false;
    if (passes) [state.lastPass, state.unresolved] = [outcome, false];
    if (outcome.kind !== 'calibrate') return;
    if (passes) state.lastCalibration = outcome;
    else state.unresolved = true;
  }

  /** `check_state` of the node fails from now on, until its next check or calibration passes. */
  doubt(node: string): void {
    this.of(node).doubted = true;
  }

  lastPass(node: string): Outcome | undefined {
    return this.of(node).lastPass;
  }

  lastCalibration(node: string): Outcome | undefined {
    return this.of(node).lastCalibration;
  }

  /** The `check_state` of the paper: undefined when it passes, otherwise the first condition that fails. */
  fault(graph: CalibrationGraph, root: string, now: DeviceTime): StateFault | undefined {
    const found = new Map<string, StateFault | undefined>();
    for (const name of graph.below(root)) {
      const node = graph.node(name);
      const own = this.ownFault(node, now);
      const below = node.dependsOn.some((dependency) => found.get(dependency) !== undefined);
      found.set(name, own ?? (below ? 'dependency does not pass' : undefined));
    }
    return found.get(root);
  }

  private ownFault({ name, dependsOn, timeoutNs }: GraphNode, now: DeviceTime): StateFault | undefined {
    const { last, lastPass, unresolved, doubted } = this.of(name);
    if (!last) return 'never checked';
    if (unresolved) return 'calibration failed';
    if (doubted) return 'doubted';
    if (!lastPass || last !== lastPass) return 'last check failed';
    if (lastPass.end.boot !== now.boot) return 'device was reset';
    if (now.ns - lastPass.end.ns > timeoutNs) return 'timeout';
    const later = dependsOn.some((dependency) => (this.of(dependency).lastCalibration?.number ?? 0) > last.number);
    return later ? 'dependency calibrated later' : undefined;
  }

  private of(node: string): NodeState {
    const known = this.states.get(node);
    if (known) return known;
    const fresh = {
      last: undefined,
      lastPass: undefined,
      lastCalibration: undefined,
      unresolved: false,
      doubted: false,
    };
    this.states.set(node, fresh);
    return fresh;
  }
}
