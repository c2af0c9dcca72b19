// protect/ alone, for its unit tests: it judges what the chip shows, and states what is in force.

export { loadShed, shedMicrowatts, trippedInterlocks } from '../in-force/statement';
export { noteRailTrips } from '../sense/comparators';
export { runThermometry, startThermometry } from '../sense/thermometry';
export { allowedMicrowatts, coreEstimatedMicrowatts, estimatedMicrowatts, runBudget } from './budget';
export { measured } from './generated/measured';
export { healthWord } from './health';
export { clearInterlock, runInterlock } from './interlock';
export { explainedMicrokelvin, measureLoad } from './load';
