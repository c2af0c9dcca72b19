// SLIP frames (RFC 1055) on the gateway line, host side. protocol/guest/slip.ts is the board's side; a drawing of the frame is there. What must
// stay true: `decode(encode(x))` is x for any bytes, and noise costs at most one frame.

const END = 0xc0;
const ESCAPE = 0xdb;
const ESCAPED_END = 0xdc;
const ESCAPED_ESCAPE = 0xdd;

/** One frame around `payload`. It begins with END too, so that noise before it becomes a frame of its own. */
export function slipEncode(payload: Uint8Array): Uint8Array {
  const escapes = payload.reduce((count, byte) => count + (byte === END || byte === ESCAPE ? 1 : 0), 0);
  const frame = new Uint8Array(payload.length + escapes + 2);
  let at = 0;
  frame[at++] = END;
  for (const byte of payload) {
    if (byte === END || byte === ESCAPE) {
      frame[at++] = ESCAPE;
      frame[at++] = byte === END ? ESCAPED_END : ESCAPED_ESCAPE;
    } else {
      frame[at++] = byte;
    }
  }
  frame[at++] = END;
  return frame;
}

/** Cuts a byte stream into frames. A frame with a wrong escape or longer than `maximumLength` is counted and dropped. */
export class SlipDecoder {
  dropped = 0;
  private readonly buffer: Uint8Array;
  private length = 0;
  private state: 'receiving' | 'escape' | 'dropping' = 'receiving';

  constructor(maximumLength: number) {
    this.buffer = new Uint8Array(maximumLength);
  }

  /** Takes bytes of the line, and calls `onFrame` for every complete frame. */
  push(bytes: Uint8Array, onFrame: (frame: Uint8Array) => void): void {
    for (const byte of bytes) {
      if (byte === END) this.end(onFrame);
      else if (this.state === 'dropping') continue;
      else if (this.state === 'escape') this.unescape(byte);
      else if (byte === ESCAPE) this.state = 'escape';
      else this.keep(byte);
    }
  }

  /** Drops the incomplete frame, because the sender was reset. */
  reset(): void {
    this.length = 0;
    this.state = 'receiving';
  }

  private end(onFrame: (frame: Uint8Array) => void): void {
    const whole = this.state === 'receiving';
    const frame = this.buffer.slice(0, this.length);
    this.reset();
    if (!whole) this.dropped += 1;
    else if (frame.length > 0) onFrame(frame);
  }

  private unescape(byte: number): void {
    this.state = 'receiving';
    if (byte === ESCAPED_END) this.keep(END);
    else if (byte === ESCAPED_ESCAPE) this.keep(ESCAPE);
    else this.state = 'dropping';
  }

  private keep(byte: number): void {
    if (this.length === this.buffer.length) this.state = 'dropping';
    else this.buffer[this.length++] = byte;
  }
}
