// Power-cut points a second on one core: reach the point, cut, boot with the signature verified in the guest, judge. One boot each; nothing
// is taken from another point.
//
// What limits it is the guest: half of a point's time is in wasm, most of that the Ed25519 verification; a third is in the devices and in snapshots,
// the rest in the verdict and in collecting garbage. The peer reaches the same points as MCUboot's simulator does: the story is played again
// from power-on for each, without snapshots.

import { Board } from '../../../host/board/board.ts';
import { compileGuest } from '../../../host/tools/guest.ts';
import { act } from '../../prove/device/actions.ts';
import { makeImages } from '../../prove/device/images.ts';
import { StoryFailed } from '../../prove/device/operator.ts';
import { judge, runningNow } from '../../prove/power/judge.ts';
import { Patient } from '../../prove/power/patient.ts';
import { operationPoints, type Point } from '../../prove/power/points.ts';
import { scenarioByName } from '../../prove/power/scenarios.ts';
import { operatorOf, recordStory } from '../../prove/power/story.ts';
import { exhaustive } from '../../prove/power/sweep.ts';
import { inTurn } from './measure.ts';
import type { BenchRow } from './row.ts';

const pointsARound = 400;
/** Each replays a story of a second of virtual time. */
const peerPointsARound = 20;
const rounds = 9;
const goal = 2_000;

/** Row `power-cut-points`. */
export async function benchPowerCuts(): Promise<BenchRow[]> {
  const scenario = scenarioByName('upgrade');
  const images = await makeImages(scenario.fleet);
  const recording = recordStory(scenario, images, await compileGuest('bootloader/main.ts'), 1);
  const all = operationPoints(scenario, recording, exhaustive, 1);
  const some = (count: number) => Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]);
  const patient = new Patient(new Board({ seed: 1 }), scenario, images);
  const player = new Board({ seed: 1 });
  const operator = operatorOf(scenario, player, images);
  const [ours, theirs] = [some(pointsARound), some(peerPointsARound)];
  const [own, peer] = await inTurn(
    rounds,
    () => {
      for (const point of ours) tryOne(point);
    },
    () => {
      for (const point of theirs) playTo(point);
    },
  );
  return [
    {
      ...{ id: 'power-cut-points', value: (1000 * pointsARound) / own, unit: 'points/s', goal },
      ...{ peer: 'the story played again to each cut', peerValue: (1000 * peerPointsARound) / peer },
    },
  ];

  function tryOne(point: Point): void {
    patient.cut(point, 0);
    recoverAndJudge(point);
  }

  function recoverAndJudge({ name, step }: Point): void {
    const { recovery } = patient.recover();
    const findings = judge(patient.board, recovery, scenario, images);
    const runs = runningNow(patient.board, recovery);
    if (findings.length > 0 || runs === undefined || !scenario.steps[step].boots.includes(runs))
      throw new Error(`bench: ${name} ends with ${runs}: ${findings.map(({ text }) => text)}`);
  }

  /** To the same point without a snapshot of it; what follows is the same. */
  function playTo(point: Point): void {
    if (!('atNs' in point.cut)) throw new Error('bench: only cuts at a time are replayed');
    player.restore(recording.start);
    player.cutPowerAt(point.cut.atNs);
    try {
      for (const step of scenario.steps) act(operator, step, images);
    } catch (failure) {
      if (!(failure instanceof StoryFailed) || player.state !== 'off') throw failure;
    }
    patient.board.restore(player.snapshot());
    recoverAndJudge(point);
  }
}
