// Series that wait until they are due, by slot of time, so that what becomes due is found without a look at all that wait.
//
// What must stay true: each is in the slot in which it is due, once; that it was told meanwhile is for who takes it to see.

/** What becomes due in one slot of time is told together: short, so that a store gets little at once and what is behind it does not wait. */
const slotMs = 200;

export interface Waiter {
  /** Slot in which it is looked at next; 0: none. */
  slot: number;
}

export class DueSlots<One extends Waiter> {
  private readonly slots = new Map<number, One[]>();
  private passed = 0;

  put(one: One, dueMs: number): void {
    const slot = Math.ceil(dueMs / slotMs);
    // It is there already, as after a flush.
    if (one.slot === slot) return;
    one.slot = slot;
    const all = this.slots.get(slot);
    if (all === undefined) this.slots.set(slot, [one]);
    else all.push(one);
  }

  hasPassed(nowMs: number): boolean {
    return nowMs >= (this.passed + 1) * slotMs;
  }

  /** What is due, and what was. */
  *taken(nowMs: number): Generator<One> {
    this.passed = Math.floor(nowMs / slotMs);
    for (const [slot, all] of this.slots) {
      if (slot > this.passed) continue;
      this.slots.delete(slot);
      for (const one of all) {
        if (one.slot === slot) one.slot = 0;
        yield one;
      }
    }
  }
}
