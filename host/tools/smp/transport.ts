// Carries messages to a device and back. A transport carries whole messages and has the clock: the client reads the time from it and waits with it,
// so that with an emulated board all waiting is virtual.
// What must stay true: a transport never invents, splits or joins messages; it may lose, repeat and reorder them.

export interface SmpTransport {
  /** For messages to people, as in `udp://192.0.2.1:1337`. */
  readonly name: string;
  /** Largest message that can be sent. */
  readonly maximumMessage: number;
  /** Bytes of the device's buffer that framing takes away from a message. */
  readonly overhead: number;
  /** Without an answer for so long, a request can be repeated. */
  readonly resendAfterMs: number;
  /** The time of this transport; only differences have a meaning. */
  nowMs(): number;
  send(message: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** Next message, or undefined when none came in time. Rejects with the signal's reason, or an SmpError of kind `link`. */
  receive(timeoutMs: number, signal?: AbortSignal): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}

/** Bytes both ways: a serial line, a TCP connection, an emulated UART. */
export interface ByteStream {
  readonly name: string;
  nowMs(): number;
  write(bytes: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** Some bytes, or undefined when none came in time. */
  read(timeoutMs: number, signal?: AbortSignal): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}

export interface FrameDecoder {
  push(bytes: Uint8Array): Uint8Array[];
}

/** How messages are framed in a stream of bytes. */
export interface Framing {
  overhead: number;
  encode(message: Uint8Array): Uint8Array;
  decoder(): FrameDecoder;
}

/** Messages over a stream of bytes. */
export function framedTransport(stream: ByteStream, framing: Framing, resendAfterMs = 3000): SmpTransport {
  const decoder = framing.decoder();
  const waiting: Uint8Array[] = [];
  return {
    name: stream.name,
    maximumMessage: 0xffff - framing.overhead,
    overhead: framing.overhead,
    resendAfterMs,
    nowMs: () => stream.nowMs(),
    send: (message, signal) => stream.write(framing.encode(message), signal),
    async receive(timeoutMs, signal) {
      const deadline = stream.nowMs() + timeoutMs;
      while (waiting.length === 0) {
        const remainingMs = deadline - stream.nowMs();
        const bytes = remainingMs < 0 ? undefined : await stream.read(remainingMs, signal);
        if (bytes === undefined) return undefined;
        waiting.push(...decoder.push(bytes));
      }
      return waiting.shift();
    },
    close: () => stream.close(),
  };
}

/** A device in this process. `nowMs` is its own time, which `receive` advances. */
export interface InProcessDevice {
  nowMs(): number;
  send(message: Uint8Array): void | Promise<void>;
  /** Runs the device until it has a message, at most `timeoutMs` of its time. */
  receive(timeoutMs: number): Uint8Array | undefined | Promise<Uint8Array | undefined>;
}

/** A transport to a device in this process: no sockets, no wall clock. */
export function inProcessTransport(device: InProcessDevice, name = 'a board in this process'): SmpTransport {
  return {
    name,
    maximumMessage: 0xffff,
    overhead: 0,
    resendAfterMs: 500,
    nowMs: () => device.nowMs(),
    async send(message, signal) {
      signal?.throwIfAborted();
      await device.send(message);
    },
    async receive(timeoutMs, signal) {
      signal?.throwIfAborted();
      const message = await device.receive(timeoutMs);
      signal?.throwIfAborted();
      return message;
    },
    close: async () => {},
  };
}

/** The simplest device: a function from a request to its answers. Its time advances only when there is no answer. */
export function answeringDevice(answer: (message: Uint8Array) => Uint8Array[]): InProcessDevice {
  const answers: Uint8Array[] = [];
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    send: (message) => void answers.push(...answer(message)),
    receive(timeoutMs) {
      const next = answers.shift();
      if (next === undefined) nowMs += timeoutMs;
      return next;
    },
  };
}
