// `coldrig/hil`: what a test bench is made of. A device under test in its cryostat, faults, images and keys.
//
// What must stay true: everything here is documented at its definition and keeps its meaning from version to version.

export * from './rig/index.ts';
