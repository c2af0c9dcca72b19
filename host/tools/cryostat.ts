// `coldrig/cryostat`: fridges as physics. Open one by name or from a file, let time pass, heat its stages, read its sensors, solve its heat budget.
//
// What must stay true: everything here is documented at its definition and keeps its meaning from version to version.

export { type Budget, type Part, type StageBudget, solveBudget } from '../plant/cryostat/budget.ts';
export {
  ConnectorFault,
  Cryostat,
  type CryostatOptions,
  RailFault,
  SensorFault,
} from '../plant/cryostat/cryostat.ts';
export { FridgeError } from '../plant/cryostat/field.ts';
export type { Fridge } from '../plant/cryostat/fridge.ts';
export { parseFridge } from '../plant/cryostat/fridge-file.ts';
export { NoRest, steadyState } from '../plant/cryostat/solve.ts';
export type { StageName } from '../plant/cryostat/stages.ts';
export { CryostatView } from '../plant/cryostat/view.ts';
export { openFridge, presets } from './open-fridge.ts';
