// What must follow a good recovery: a trial that is not confirmed is rolled back, and the story, begun again, succeeds.

import { act } from '../device/actions.ts';
import { recordHeld, whyNotHeld } from '../device/calibration.ts';
import type { Images } from '../device/images.ts';
import { type Operator, StoryFailed } from '../device/operator.ts';
import type { Finding } from '../invariants.ts';
import { isConfirmed, type Recovery, runningNow } from './judge.ts';
import type { Outcome, Scenario } from './scenario.ts';

/** Steps after which another image may run than before. */
const restarting = ['reset', 'switch on', 'hang', 'hang on', 'wait for a watchdog'];

export class StoryAgain {
  private readonly operator: Operator;
  private readonly scenario: Scenario;
  private readonly images: Images;

  constructor(operator: Operator, scenario: Scenario, images: Images) {
    this.operator = operator;
    this.scenario = scenario;
    this.images = images;
  }

  /** Begins with a board that rests; `recovery` records each hand-over that follows. At the end the power is off. */
  check(recovery: Recovery): Finding[] {
    const { operator, scenario, images } = this;
    const { board } = operator;
    const runs = runningNow(board, recovery);
    try {
      if (scenario.keeps !== undefined && runs === scenario.goal && !isConfirmed(board, scenario.goal, images))
        this.fallBack(recovery);
      this.repeat(runs, recovery);
    } catch (failure) {
      if (!(failure instanceof StoryFailed)) throw failure;
      return [{ invariant: 'repeatable', text: failure.message }];
    }
    return [];
  }

  private fallBack(recovery: Recovery): void {
    const { operator, scenario, images } = this;
    const { board } = operator;
    const settled = board.snapshot();
    act(operator, { do: 'reset' }, images);
    const runs = runningNow(board, recovery);
    if (runs !== scenario.keeps)
      throw new StoryFailed(`a trial nobody confirmed ended with ${runs} running, not ${scenario.keeps}`);
    board.restore(settled);
    recovery.handovers.pop();
  }

  /** From the first step; or, when the goal runs already, from after the step that made it run. A story of records alone has no such step. */
  private repeat(runs: Outcome | undefined, recovery: Recovery): void {
    const { scenario, images, operator } = this;
    const { board } = operator;
    const restart = scenario.steps.findIndex(
      ({ do: what, boots }) => restarting.includes(what) && boots.includes(scenario.goal),
    );
    const isOfRecords = scenario.keeps === scenario.goal && scenario.steps.some((step) => step.do === 'calibrate');
    const steps = runs === scenario.goal && !isOfRecords ? scenario.steps.slice(restart + 1) : scenario.steps;
    if (this.isInTheWay(runs)) act(operator, { do: 'reset' }, images);
    for (const step of steps) if (step.do !== 'switch on') act(operator, step, images);
    const now = runningNow(board, recovery);
    if (now !== scenario.goal) throw new StoryFailed(`the story, begun again, ended with ${now} running`);
    if (!isConfirmed(board, scenario.goal, images))
      throw new StoryFailed(`the story, begun again, ended with ${scenario.goal} not confirmed`);
    const lost = whyNotHeld(recordHeld(board), scenario.steps.at(-1)?.holds);
    if (lost !== undefined) throw new StoryFailed(`the story, begun again, ended: ${lost}`);
    board.cutPower();
  }

  /** A trial of another image refuses an upload: so it is ended before the story begins again. */
  private isInTheWay(runs: Outcome | undefined): boolean {
    const { scenario, operator, images } = this;
    if (runs === undefined || runs === 'safe mode' || runs === scenario.goal) return false;
    return scenario.steps.some((step) => step.do === 'upload') && !isConfirmed(operator.board, runs, images);
  }
}
