// `coldrig/hil`: what scenarios and test benches are made of. Scenarios (docs/scenarios.md), a device under test in its cryostat, faults, images
// and keys.
//
// What must stay true: everything here is documented at its definition and keeps its meaning from version to version.

export * from './rig/index.ts';
export * from './rig/scenario/index.ts';
export { scenario } from './run/adapter.ts';
