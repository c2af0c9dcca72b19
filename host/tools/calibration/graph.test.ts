import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CalibrationGraph, CalibrationState, type GraphNode, type Outcome, type Verdict } from './graph.ts';
import { CalibrationFailure, maintain } from './maintain.ts';
import { CalibrationRecords, calibrate } from './session.ts';
import { FakeDevice, MemoryFolder, node, type Truth } from './testing.ts';
import { maintainAll, type Work } from './work.ts';

const chain = [node('offset'), node('gain', ['offset']), node('threshold', ['gain'])];
const now = { boot: 1, ns: 100 };

let number = 0;
function outcome(name: string, kind: Outcome['kind'], verdict: Verdict, ns = 50, boot = 1): Outcome {
  return { number: ++number, node: name, kind, verdict, end: { boot, ns } };
}
function faultOf(root: string, ...outcomes: Outcome[]): string | undefined {
  return new CalibrationState(outcomes).fault(new CalibrationGraph(chain), root, now);
}
const allGood = () => ['offset', 'gain', 'threshold'].map((name) => outcome(name, 'calibrate', 'in_spec'));

describe('a graph', () => {
  test('orders by dependency', () => {
    expect(new CalibrationGraph([...chain].reverse()).order).toEqual(['offset', 'gain', 'threshold']);
    expect(new CalibrationGraph(chain).below('gain')).toEqual(['offset', 'gain']);
  });

  test('refuses a circle, a name twice and a name that is not there, and names it', () => {
    expect(() => new CalibrationGraph([node('a', ['b']), node('b', ['a'])])).toThrow('a needs b needs a');
    expect(() => new CalibrationGraph([node('a'), node('a')])).toThrow('the calibration a is there twice');
    expect(() => new CalibrationGraph([node('a', ['c'])])).toThrow("no calibration 'c'; there are a");
  });
});

describe('check_state', () => {
  test('passes when the node and all below it passed within their timeouts', () => {
    expect(faultOf('threshold', ...allGood())).toBeUndefined();
  });

  test('1: fails without a check, after the timeout, after a check that failed, and after a reset', () => {
    expect(faultOf('offset')).toBe('never checked');
    const late = { boot: 1, ns: 50 + 1001 };
    const state = new CalibrationState([outcome('offset', 'check', 'in_spec')]);
    expect(state.fault(new CalibrationGraph(chain), 'offset', { boot: 1, ns: 50 + 1000 })).toBeUndefined();
    expect(state.fault(new CalibrationGraph(chain), 'offset', late)).toBe('timeout');
    expect(state.fault(new CalibrationGraph(chain), 'offset', { boot: 2, ns: 60 })).toBe('device was reset');
    const failed = [outcome('offset', 'check', 'in_spec'), outcome('offset', 'check', 'out_of_spec')];
    expect(faultOf('offset', ...failed)).toBe('last check failed');
  });

  test('2: fails while a failed calibration is unresolved', () => {
    const failed = [outcome('offset', 'check', 'in_spec'), outcome('offset', 'calibrate', 'bad_data')];
    expect(faultOf('offset', ...failed)).toBe('calibration failed');
    expect(faultOf('offset', ...failed, outcome('offset', 'calibrate', 'in_spec'))).toBeUndefined();
  });

  test('3: fails when a dependency was calibrated later, not when it was only checked', () => {
    expect(faultOf('gain', ...allGood(), outcome('offset', 'check', 'in_spec'))).toBeUndefined();
    expect(faultOf('gain', ...allGood(), outcome('offset', 'calibrate', 'in_spec'))).toBe(
      'dependency calibrated later',
    );
  });

  test('4: fails when a dependency fails, however far below', () => {
    expect(faultOf('threshold', ...allGood(), outcome('offset', 'check', 'out_of_spec'))).toBe(
      'dependency does not pass',
    );
  });

  test('fails for a node that is doubted, until it passes again', () => {
    const state = new CalibrationState(allGood());
    state.doubt('gain');
    expect(state.fault(new CalibrationGraph(chain), 'gain', now)).toBe('doubted');
    state.add(outcome('gain', 'check', 'in_spec'));
    expect(state.fault(new CalibrationGraph(chain), 'gain', now)).toBeUndefined();
  });
});

async function maintained(
  nodes: GraphNode[],
  truth: Record<string, Truth>,
  root: string,
  device = new FakeDevice(nodes),
) {
  for (const [name, is] of Object.entries(truth)) device.truth.set(name, is);
  const records = new CalibrationRecords(new MemoryFolder());
  await calibrate(new CalibrationGraph(nodes), root, records, device);
  return device.runs;
}

describe('maintain', () => {
  test('checks what is unknown, in the order of the dependencies, and calibrates nothing that is in spec', async () => {
    expect(await maintained(chain, {}, 'threshold')).toEqual(['check offset', 'check gain', 'check threshold']);
  });

  test('calibrates what is out of spec, before what stands on it', async () => {
    const runs = await maintained(chain, { offset: 'drifted' }, 'gain');
    expect(runs).toEqual(['check offset', 'calibrate offset', 'check gain']);
  });

  test('at bad data diagnoses what is below, though its state passes', async () => {
    const device = new FakeDevice(chain);
    const records = new CalibrationRecords(new MemoryFolder());
    const graph = new CalibrationGraph(chain);
    await calibrate(graph, 'threshold', records, device);
    device.runs.length = 0;
    device.truth.set('offset', 'drifted');
    await calibrate(graph, 'threshold', records, device, { doubted: ['threshold'] });
    expect(device.runs).toEqual([
      ...['check threshold', 'check gain', 'check offset', 'calibrate offset'],
      ...['calibrate gain', 'calibrate threshold'],
    ]);
  });

  test('goes again through a branch whose ground a diagnosis changed', async () => {
    const nodes = [node('c'), node('a', ['c']), node('b', ['c']), node('root', ['a', 'b'])];
    const device = new FakeDevice(nodes);
    const records = new CalibrationRecords(new MemoryFolder());
    const graph = new CalibrationGraph(nodes);
    await calibrate(graph, 'root', records, device);
    device.truth.set('c', 'drifted');
    await calibrate(graph, 'root', records, device, { doubted: ['b'] });
    const state = new CalibrationState(records.records);
    expect(state.fault(graph, 'root', device.time)).toBeUndefined();
    expect(device.runs.filter((run) => run === 'calibrate c')).toHaveLength(1);
  });

  test('a cause in the middle that the diagnosis could only suspect is repaired before it is an error', async () => {
    const device = new FakeDevice(chain);
    const records = new CalibrationRecords(new MemoryFolder());
    const graph = new CalibrationGraph(chain);
    await calibrate(graph, 'threshold', records, device);
    device.truth.set('gain', 'broken');
    await calibrate(graph, 'threshold', records, device, { doubted: ['threshold'] });
    expect(device.truth.get('gain')).toBe('good');
  });

  test('a calibration that cannot succeed ends with an error that names it', async () => {
    const run = maintained(chain, { gain: 'hopeless' }, 'threshold');
    await expect(run).rejects.toThrow('the calibration of gain gave bad data');
    await expect(run).rejects.toBeInstanceOf(CalibrationFailure);
  });
});

/** Random graphs in which a node depends only on earlier ones, with something wrong here and there. */
const situations = fc.array(
  fc.record({
    needs: fc.array(fc.nat(20), { maxLength: 3 }),
    truth: fc.constantFrom<Truth>('good', 'good', 'drifted', 'broken'),
    doubted: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
);
type Situation = { needs: number[]; truth: Truth; doubted: boolean }[];

function graphOf(situation: Situation): GraphNode[] {
  return situation.map(({ needs }, index) =>
    node(`n${index}`, [...new Set(needs.filter((other) => other < index).map((other) => `n${other}`))]),
  );
}
function deviceOf(nodes: GraphNode[], situation: Situation): FakeDevice {
  const device = new FakeDevice(nodes);
  for (const [index, { truth }] of situation.entries()) device.truth.set(`n${index}`, truth);
  return device;
}

describe('on any graph', () => {
  test('maintain ends, everything is in spec, and a calibration comes after those below it', async () => {
    const property = fc.asyncProperty(situations, async (situation) => {
      const nodes = graphOf(situation);
      const graph = new CalibrationGraph(nodes);
      const device = deviceOf(nodes, situation);
      const records = new CalibrationRecords(new MemoryFolder());
      const root = `n${nodes.length - 1}`;
      await calibrate(graph, root, records, device);
      const needed = graph.below(root);
      for (const name of needed) expect(device.truth.get(name)).toBe('good');
      expect(new CalibrationState(records.records).fault(graph, root, device.time)).toBeUndefined();
      // From nothing each node is checked once, and at most once more for each node above it that shows bad data. It is calibrated only when it was wrong.
      const wrong = needed.filter((name) => situation[Number(name.slice(1))].truth !== 'good');
      const broken = needed.filter((name) => situation[Number(name.slice(1))].truth === 'broken');
      for (const name of needed) {
        const above = broken.filter((other) => other !== name && graph.below(other).includes(name)).length;
        const checks = device.runs.filter((run) => run === `check ${name}`).length;
        expect(checks).toBeGreaterThanOrEqual(1);
        expect(checks).toBeLessThanOrEqual(1 + above);
      }
      expect(device.runs.filter((run) => run.startsWith('cal')).sort()).toEqual(
        wrong.map((n) => `calibrate ${n}`).sort(),
      );
      const at = (run: string) => device.runs.indexOf(run);
      for (const name of wrong)
        for (const below of graph.below(name))
          if (below !== name) expect(at(`check ${below}`)).toBeLessThan(at(`calibrate ${name}`));
    });
    await fc.assert(property);
  });

  test('with a state that passes nothing is measured; after a timeout each node is checked once', async () => {
    const property = fc.asyncProperty(situations, async (situation) => {
      const nodes = graphOf(situation);
      const graph = new CalibrationGraph(nodes);
      const device = deviceOf(nodes, situation);
      const records = new CalibrationRecords(new MemoryFolder());
      const root = `n${nodes.length - 1}`;
      await calibrate(graph, root, records, device);
      device.runs.length = 0;
      await calibrate(graph, root, records, device);
      expect(device.runs).toEqual([]);
      device.time.ns += 2000;
      await calibrate(graph, root, records, device);
      expect(device.runs).toEqual(graph.below(root).map((name) => `check ${name}`));
    });
    await fc.assert(property);
  });

  test('what goes wrong behind a state that passes is found from above, with no run more than two per node and pass', async () => {
    const property = fc.asyncProperty(situations, async (situation) => {
      const nodes = graphOf(situation);
      const graph = new CalibrationGraph(nodes);
      const device = new FakeDevice(nodes);
      const records = new CalibrationRecords(new MemoryFolder());
      const root = `n${nodes.length - 1}`;
      await calibrate(graph, root, records, device);
      for (const [index, { truth }] of situation.entries()) device.truth.set(`n${index}`, truth);
      const doubted = [root, ...nodes.map(({ name }) => name).filter((_, index) => situation[index].doubted)];
      const before = device.runs.length;
      await calibrate(graph, root, records, device, { doubted }).catch((error) => {
        expect(error).toBeInstanceOf(CalibrationFailure);
      });
      expect(device.runs.length - before).toBeLessThanOrEqual(2 * nodes.length * (nodes.length + 1));
    });
    await fc.assert(property);
  });

  test('a session that is interrupted at any run and taken up again makes the same runs as one that is not', async () => {
    const property = fc.asyncProperty(situations, fc.nat(30), async (situation, cut) => {
      const nodes = graphOf(situation);
      const graph = new CalibrationGraph(nodes);
      const root = `n${nodes.length - 1}`;
      const [whole, cutOff] = [0, 1 + cut].map((failsAt) => Object.assign(deviceOf(nodes, situation), { failsAt }));
      const [wholeFolder, cutFolder] = [new MemoryFolder(), new MemoryFolder()];
      await calibrate(graph, root, new CalibrationRecords(wholeFolder), whole);
      await calibrate(graph, root, new CalibrationRecords(cutFolder), cutOff).catch((error) => {
        expect(error.message).toBe('the cable was pulled');
      });
      cutOff.failsAt = 0;
      await calibrate(graph, root, new CalibrationRecords(cutFolder), cutOff);
      expect(cutOff.runs).toEqual(whole.runs);
      expect([...cutFolder.files]).toEqual([...wholeFolder.files]);
    });
    await fc.assert(property);
  });
});

describe('an interrupted calibration of several roots', () => {
  const [low, left, right] = [node('low'), node('left', ['low']), node('right', ['low'])];
  /** A device, and what works on it; interrupted at its fourth run, which is the calibration of `right`. */
  async function interrupted() {
    const device = new FakeDevice([low, left, right]);
    device.truth.set('right', 'drifted');
    const folder = new MemoryFolder();
    const again = () => {
      const graph = new CalibrationGraph([low, left, right]);
      const records = new CalibrationRecords(folder);
      return { ...{ graph, records, roots: ['left', 'right'] }, station: device, plan: undefined } as unknown as Work;
    };
    device.failsAt = 4;
    await expect(maintainAll(again(), [], {})).rejects.toThrow('the cable was pulled');
    device.failsAt = 0;
    return { device, again };
  }
  const whole = ['check low', 'check left', 'check right', 'calibrate right'];

  test('goes on with the root that it was at, and measures nothing twice', async () => {
    const { device, again } = await interrupted();
    await maintainAll(again(), [], {});
    expect(device.runs).toEqual(whole);
  });

  test('knows the corrections that it was storing, and takes others for those of somebody else', async () => {
    const own = await interrupted();
    own.again().records.noteStore('-abc');
    own.device.corrections = '2-abc';
    await maintainAll(own.again(), [], {});
    expect(own.device.runs).toEqual(whole);

    const others = await interrupted();
    others.again().records.noteStore('-abc');
    others.device.corrections = '2-abd';
    await maintainAll(others.again(), [], {});
    expect(others.device.runs.slice(3)).toEqual(['check low', 'check right', 'calibrate right', 'check left']);
  });
});

test('maintain refuses a runner that answers for another node', async () => {
  const graph = new CalibrationGraph(chain);
  const run = async () => outcome('gain', 'check', 'in_spec');
  await expect(maintain(graph, new CalibrationState(), 'offset', now, run)).rejects.toThrow('answered with check gain');
});
