// The faults of a running image, and how they are distinguished from errors of the host.
//
// The guest causes a trap of the engine and a GuestFault thrown out of a bus access: they become a Fault record. Any other
// exception (a power cut, a defect of a device model) is passed on to the caller of run().

import type { PreparedImage } from './image.ts';

export type FaultCause =
  | 'budget' // more cycles than it was given
  | 'unreachable' // a failed assertion, mostly
  | 'memory-out-of-bounds'
  | 'divide-by-zero'
  | 'integer-overflow' // the least integer divided by -1
  | 'indirect-call' // a table entry that is missing, empty, or of another type
  | 'stack-overflow' // see `causeOf`
  | 'bus';

export interface CoreFault {
  cause: FaultCause;
  /** The board's number of the reason why the bus refused; only with cause 'bus'. */
  busCause: number | undefined;
  /** The bus address; zero with any other cause. */
  address: number;
  /** Cycles of this run until the fault. With cause 'budget' it is all that were granted. */
  cyclesUsed: number;
  /** The function, and the instruction's offset in the image. 'unknown' and -1 if the engine did not give them. */
  functionIndex: number;
  functionName: string;
  offset: number;
  /** The message of the engine or the board. */
  detail: string;
}

/** An exception thrown out of a bus access is the guest's fault if it is an Error with these; the board's Fault is one. */
export interface GuestFault extends Error {
  readonly faultCause: number;
  readonly address: number;
}

/** The messages of the engine, which gives nothing else; the tests reach every line. */
const trapCauses: Record<string, FaultCause> = {
  unreachable: 'unreachable',
  'memory access out of bounds': 'memory-out-of-bounds',
  'divide by zero': 'divide-by-zero',
  'remainder by zero': 'divide-by-zero',
  'divide result unrepresentable': 'integer-overflow',
  'table index is out of bounds': 'indirect-call',
  'null function or function signature mismatch': 'indirect-call',
};

/**
 * Frames of an error that are looked at. The guest's innermost frame is behind the few of the bus that threw; the core sets this
 * limit for the time of a run, so that the host's own does not matter.
 */
export const stackFramesMax = 32;

/** The fault an exception stands for, or undefined if it is not the guest's. `cyclesLeft` is negative when the budget ran out. */
export function faultOf(
  error: unknown,
  image: PreparedImage,
  cyclesLeft: number,
  cyclesUsed: number,
): CoreFault | undefined {
  const guestFault = isGuestFault(error) ? error : undefined;
  const cause = guestFault ? 'bus' : causeOf(error, cyclesLeft);
  if (!cause) return undefined;
  const frame = innermostGuestFrame(error as Error);
  return {
    cause,
    busCause: guestFault?.faultCause,
    address: guestFault?.address ?? 0,
    cyclesUsed,
    functionIndex: frame?.functionIndex ?? -1,
    functionName: frame ? image.functionNames[frame.functionIndex] : 'unknown',
    offset: frame ? image.originalOffset(frame.offset) : -1,
    detail: cause === 'budget' ? 'the cycle budget is used up' : (error as Error).message,
  };
}

function isGuestFault(error: unknown): error is GuestFault {
  return error instanceof Error && typeof (error as Partial<GuestFault>).faultCause === 'number';
}

function causeOf(error: unknown, cyclesLeft: number): FaultCause | undefined {
  if (error instanceof WebAssembly.RuntimeError) {
    const cause = trapCauses[error.message];
    if (!cause)
      throw new Error(`the engine traps with words this core does not know: ${error.message}`, { cause: error });
    return cause === 'unreachable' && cyclesLeft < 0 ? 'budget' : cause;
  }
  // The image's stack is bounded at load, far below the engine's, so this happens only when the host had used almost all of it.
  // An overflow in the host's own frames (a bus access that recurses) is an error of the host.
  if (error instanceof RangeError && error.message.includes('call stack') && innermostGuestFrame(error, 1))
    return 'stack-overflow';
  return undefined;
}

const framePattern = /wasm:\/\/wasm\/[^:]*:wasm-function\[(\d+)\]:0x([0-9a-f]+)/;

/** The innermost frame of metered code among an error's first `framesMax`. */
function innermostGuestFrame(
  error: Error,
  framesMax = stackFramesMax,
): { functionIndex: number; offset: number } | undefined {
  for (const frame of stackFrames(error).slice(0, framesMax)) {
    const match = framePattern.exec(frame);
    if (match) return { functionIndex: Number(match[1]), offset: Number.parseInt(match[2], 16) };
  }
  return undefined;
}

/** The frames as the engine writes them, whatever a source-map tool has made of Error.prepareStackTrace. */
function stackFrames(error: Error): string[] {
  const original = Error.prepareStackTrace;
  Error.prepareStackTrace = (raised, sites) => [String(raised), ...sites.map((site) => `    at ${site}`)].join('\n');
  try {
    // The engine formats the stack on first use and keeps the text. A text that was made earlier has the engine's frames too.
    return (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  } finally {
    Error.prepareStackTrace = original;
  }
}
