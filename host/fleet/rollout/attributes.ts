// Attributes by which devices of ours, and their agents, say what the server goes by. Others may have them too, or none.

/** Which image it runs. */
export const runningAttribute = 'image.hash';

/** Which board it is. */
export const boardAttribute = 'fuses.board';

/** Which security counter its fuses have. */
export const counterAttribute = 'fuses.counter';

/** How often its watchdog or a fault has reset it since power-on. */
export const faultsAttribute = 'faults.count';

/** What its agent has begun, for the one that may come after it: `ACTION IMAGE BOOT`, with the newest boot before. */
export const begunAttribute = 'update.begun';

/** What the door of its gateway has said (agent/door.ts). */
export const doorAttribute = 'gateway.flash';

/** Which action its agent has not begun, `ACTION REASON`: the metadata of what it is offered is not trusted, or cannot be reached. */
export const heldAttribute = 'update.held';
