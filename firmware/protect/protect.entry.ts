// protect/ alone, for its unit tests: it judges what the chip shows, and states what is in force.

import { uptimeNs } from '../../protocol/guest/clock';
import { runBudget as runBudgetAt } from './budget';
import { runInterlock as runInterlockAt } from './interlock';
import { measureLoad as measureLoadAt } from './load';

export { loadShed, shedMicrowatts, trippedInterlocks } from '../in-force/statement';
export { noteRailTrips } from '../sense/comparators';
export { runThermometry, startThermometry } from '../sense/thermometry';
export { allowedMicrowatts, coreEstimatedMicrowatts, estimatedMicrowatts } from './budget';
export { measured } from './generated/measured';
export { healthWord } from './health';
export { clearInterlock } from './interlock';
export { explainedMicrokelvin } from './load';

export function runBudget(): void {
  runBudgetAt(uptimeNs());
}

export function runInterlock(): u32 {
  return runInterlockAt(uptimeNs());
}

export function measureLoad(heats: bool): void {
  measureLoadAt(heats, uptimeNs());
}
