// The stages, warmest first, and the nodes between which heat flows: node 0 is room temperature, then the stages in order.

export const stageNames = ['50K', '4K', 'Still', 'CP', 'MXC'] as const;
export type StageName = (typeof stageNames)[number];
export const STAGES = stageNames.length;
export const FIFTY = 0;
export const FOUR = 1;
export const STILL = 2;
export const COLD_PLATE = 3;
export const MIXING = 4;

export const ROOM_KELVIN = 300;
/** Names of the nodes, as in cryowire. */
export const nodeNames = ['RT', ...stageNames] as const;

export const isStage = (name: string): name is StageName => (stageNames as readonly string[]).includes(name);
export const stageIndex = (name: StageName): number => stageNames.indexOf(name);
