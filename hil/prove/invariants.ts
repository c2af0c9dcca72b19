// What must be true of a device whenever power comes back, in one place. Every proof checks its results against these.

/** One boot after power came back, and a second one where the first requests it. */
export const bootsMax = 2;
/** Twice the 125 ms of a boot that verifies two images and switches journal sectors. */
export const reachLimitNs = 250_000_000;

export const invariants = {
  verified: 'it never runs bytes that do not verify',
  refused: 'what was refused does not run',
  whole: 'it boots the old or the new image whole, and what it answered before the cut still holds',
  bootable: 'what was confirmed and valid stays bootable until something newer is confirmed',
  reverted: 'a trial that is reset before it was confirmed is rolled back',
  kept: 'what a client was told is confirmed is what runs after every reset, while it verifies and stays healthy',
  earned: 'nothing is confirmed and no fuse moves without a healthy run; what the factory wrote is the one exception',
  stored:
    'the calibration record that a client was told is stored is in force whenever firmware runs; one that was not answered is in force whole or not at all',
  told: 'an image that was to run and was dropped, or was refused, has its reason in the boot state, where a client can read it',
  rescued:
    'it is never in safe mode without a request while an image is there that once ran healthy, verifies and is allowed',
  counters: 'counters never go back, and what an image was confirmed with stays required',
  window:
    'what a boot does depends only on its state window, and on no byte that a power cut tore; devices that a search takes for one state do the same',
  agrees: 'it says of an image what the host’s own verification says, with the same reason',
  alive: 'it never halts',
  reaches: `with power left on it reaches firmware, or a safe mode that answers SMP, within ${bootsMax} boots and ${reachLimitNs / 1e6} ms`,
  repeatable: 'the interrupted story succeeds when it is begun again',
  unmoved:
    'no bytes from outside make it fault, reset, change protected data, or give an answer that the protocol does not allow',
  closed: 'the search of every model is complete: no move from any state leads to a state that was not checked',
  shared: 'a boot that reads the same as an earlier boot does the same',
  caught: 'the proof catches every bootloader and every firmware broken on purpose',
} as const;
export type Invariant = keyof typeof invariants;

export interface Finding {
  invariant: Invariant;
  text: string;
}
