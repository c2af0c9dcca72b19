// When somebody last spoke on the lines of a board, and what follows for how long its pacer may sleep.
//
// What must stay true: answers to clients are no speech of the board's own; only a board that speaks unasked, as one that prints on its console, is looked at
// more often than once a second.

/** The longest sleep. Frames wake the pacer, so this only limits how late a person sees an event of the board. */
export const SLEEP_MAXIMUM_MS = 1000;
/** The same for a board that speaks unasked: what it says is at most so late. */
const SLEEP_OF_SPEAKER_MS = 100;
/** A board that has said nothing unasked for so long speaks no more. */
const SPEAKS_MS = 60_000;
/** Without traffic for so long, an event of the board is no reason to wake: to wake costs more than the event itself. */
const IDLE_MS = 1000;

/** All times are of the wall clock, in milliseconds. */
export class Traffic {
  private last = Number.NEGATIVE_INFINITY;
  private asked = Number.NEGATIVE_INFINITY;
  private unasked = Number.NEGATIVE_INFINITY;

  begin(nowMs: number): void {
    this.last = nowMs;
  }

  fromClient(nowMs: number): void {
    this.last = nowMs;
    this.asked = nowMs;
  }

  fromBoard(nowMs: number): void {
    this.last = nowMs;
    if (nowMs - this.asked > IDLE_MS) this.unasked = nowMs;
  }

  sinceMs(nowMs: number): number {
    return nowMs - this.last;
  }

  isIdle(nowMs: number): boolean {
    return this.sinceMs(nowMs) > IDLE_MS;
  }

  longestSleepMs(nowMs: number): number {
    return nowMs - this.unasked < SPEAKS_MS ? SLEEP_OF_SPEAKER_MS : SLEEP_MAXIMUM_MS;
  }
}
