// Power-cut points a second on one core, as `prove power` tries them: reach the point, cut, boot, judge. A boot that would read what a boot
// before it read is not run again; each round begins without any, so the boots that have to be run are part of the figure.
//
// The second row is how many points are tried in the time that libsodium takes to verify one signature (its WebAssembly, in the same run): at 1 a
// point costs what one verification costs. The peer reaches the same points as MCUboot's simulator does: for each, the story is
// played again from power-on, without snapshots, and every boot is run.

import sodium from 'libsodium-wrappers';
import { Board } from '../../../host/board/board.ts';
import { compileGuest } from '../../../host/tools/guest.ts';
import { act } from '../../prove/device/actions.ts';
import { makeImages } from '../../prove/device/images.ts';
import { KnownBoots } from '../../prove/device/known-boots.ts';
import { StoryFailed } from '../../prove/device/operator.ts';
import { DeviceUnderTest } from '../../prove/power/dut.ts';
import { judge, runningNow } from '../../prove/power/judge.ts';
import { operationPoints, type Point } from '../../prove/power/points.ts';
import { exhaustive } from '../../prove/power/sampling.ts';
import { scenarioByName } from '../../prove/power/scenarios.ts';
import { operatorOf, recordStory } from '../../prove/power/story.ts';
import { millisecondsOf } from './measure.ts';
import { type BenchRow, median } from './row.ts';

const pointsARound = 4_000;
/** Each replays a story of a second of virtual time. */
const peerPointsARound = 20;
const rounds = 9;
const verificationsARound = 300;
const goal = 2_000;

/** Rows `power-cut-points` and `power-cut-points-in-a-verification`. */
export async function benchPowerCuts(): Promise<BenchRow[]> {
  const scenario = scenarioByName('upgrade');
  const images = await makeImages(scenario.fleet);
  const recording = recordStory(scenario, images, await compileGuest('bootloader/main.ts'), 1);
  const all = operationPoints(scenario, recording, exhaustive, 1);
  const some = (count: number) => Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]);
  const board = new Board({ seed: 1 });
  const player = new Board({ seed: 1 });
  const operator = operatorOf(scenario, player, images);
  const [ours, theirs] = [some(pointsARound), some(peerPointsARound)];
  const verify = await libsodium();
  const times = { own: [] as number[], peer: [] as number[], verification: [] as number[] };
  // The first round of each warms up, and is not counted.
  for (let round = 0; round <= rounds; round++) {
    times.own.push(await millisecondsOf(tryOurs));
    times.peer.push(await millisecondsOf(() => theirs.forEach(playTo)));
    times.verification.push(await millisecondsOf(verify));
  }
  const [own, peer, verification] = Object.values(times).map((each) => median(each.slice(1)));
  const rate = (1000 * pointsARound) / own;
  const verificationMs = verification / verificationsARound;
  const peerRate = (1000 * peerPointsARound) / peer;
  return [
    {
      ...{ id: 'power-cut-points', value: rate, unit: 'points/s', goal },
      ...{ peer: 'the story played again to each cut', peerValue: peerRate },
    },
    {
      ...{ id: 'power-cut-points-in-a-verification', value: (rate * verificationMs) / 1000, goal: 1 },
      ...{ unit: 'points/verification', peerValue: 1 },
      peer: `libsodium-wrappers: one takes ${(1000 * verificationMs).toFixed(1)} us`,
    },
  ];

  function tryOurs(): void {
    const dut = newDut();
    for (const point of ours) {
      dut.cut(point, 0);
      recoverAndJudge(dut, point);
    }
  }

  function newDut(): DeviceUnderTest {
    return new DeviceUnderTest(board, scenario, images, new KnownBoots());
  }

  function recoverAndJudge(dut: DeviceUnderTest, { name, step }: Point): void {
    const { recovery, ending } = dut.recall() ?? dut.run();
    const findings = judge(ending, recovery, scenario, images);
    const runs = runningNow(ending, recovery);
    if (findings.length > 0 || runs === undefined || !scenario.steps[step].boots.includes(runs))
      throw new Error(`bench: ${name} ends with ${runs}: ${findings.map(({ text }) => text)}`);
  }

  /** To the same point without a snapshot of it; what follows is run, for nothing is known. */
  function playTo(point: Point): void {
    if (!('atNs' in point.cut)) throw new Error('bench: only cuts at a time are replayed');
    player.restore(recording.start);
    player.cutPowerAt(point.cut.atNs);
    try {
      for (const step of scenario.steps) act(operator, step, images);
    } catch (failure) {
      if (!(failure instanceof StoryFailed) || player.state !== 'off') throw failure;
    }
    const dut = newDut();
    dut.board.restore(player.snapshot());
    recoverAndJudge(dut, point);
  }
}

/** Verifies the signature of an image's digest so many times. */
async function libsodium(): Promise<() => void> {
  await sodium.ready;
  const { publicKey, privateKey } = sodium.crypto_sign_keypair();
  const message = new Uint8Array(32).fill(7);
  const signature = sodium.crypto_sign_detached(message, privateKey);
  return () => {
    for (let i = 0; i < verificationsARound; i++)
      if (!sodium.crypto_sign_verify_detached(signature, message, publicKey))
        throw new Error('bench: libsodium says no');
  };
}
