// A network that a test plays: streams of bytes that take time, and that end at any byte.

import type { ByteStream } from '../forward/link-wire.ts';
import type { Time } from '../time.ts';

interface End extends ByteStream {
  isOpen: boolean;
}

/** One for all: to note where an error was made takes longer than the rest of an attempt, and a story makes thousands. */
const noWay = new Error('no way there');

export class PlayedNet {
  isUp = true;
  /** Bytes until every connection ends; the last piece arrives in part. */
  bytesUntilCut = Number.POSITIVE_INFINITY;
  /** Who listens. */
  accept: (stream: ByteStream) => void = () => {};
  private readonly time: Time;
  private readonly delayMs: number;
  private readonly open = new Set<{ owner: object; ends: [End, End] }>();

  constructor(time: Time, delayMs = 5) {
    this.time = time;
    this.delayMs = delayMs;
  }

  /** `owner`: who may be killed. */
  async connect(owner: object): Promise<ByteStream> {
    if (!this.isUp) throw noWay;
    const near = this.end(() => far);
    const far = this.end(() => near);
    this.open.add({ owner, ends: [near, far] });
    this.accept(far);
    return near;
  }

  /** Ends all connections, or those of one owner. */
  cut(owner?: object): void {
    for (const pair of [...this.open]) {
      if (owner !== undefined && pair.owner !== owner) continue;
      this.open.delete(pair);
      for (const end of pair.ends) this.close(end, 'the connection was cut');
    }
  }

  private end(other: () => End): End {
    const end: End = {
      ...{ isOpen: true, onBytes: () => {}, onClose: () => {} },
      send: (bytes) => {
        if (!end.isOpen) return;
        const fits = Math.min(bytes.length, this.bytesUntilCut);
        this.bytesUntilCut -= fits;
        const part = bytes.slice(0, fits);
        this.time.after(this.delayMs, () => other().isOpen && other().onBytes(part));
        if (fits === bytes.length) return;
        this.bytesUntilCut = Number.POSITIVE_INFINITY;
        this.time.after(this.delayMs, () => this.cut());
      },
      close: () => {
        end.isOpen = false;
        this.time.after(this.delayMs, () => this.close(other(), 'the other end closed'));
      },
    };
    return end;
  }

  private close(end: End, reason: string): void {
    if (!end.isOpen) return;
    end.isOpen = false;
    end.onClose(reason);
  }
}
