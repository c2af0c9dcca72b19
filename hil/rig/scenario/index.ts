// What a scenario is written with.

export { type Condition, type Expectation, not, type Wanted } from './condition.ts';
export * from './expectations.ts';
export { CannotRun, ScenarioFailure } from './failure.ts';
export { type GameDay, type GameRound, playGameDay, roundText } from './game-day.ts';
export type { InsideRig, SeenEvent } from './inside.ts';
export { type Limits, type Measurement, type Rig, type Span, within } from './rig.ts';
export type { InsideBody, ScenarioOptions, ScenarioResult, WireBody } from './scenario.ts';
export { type RigSettings, versionOf } from './settings.ts';
export { type StartingState, state } from './states.ts';
