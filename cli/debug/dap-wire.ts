// The wire of the Debug Adapter Protocol: JSON messages, each behind a header with its length. Source: microsoft.github.io/debug-adapter-protocol, "Base protocol".
//
//   Content-Length: 119\r\n
//   \r\n
//   {"seq":1,"type":"request","command":"initialize",…}

export interface DapRequest {
  seq: number;
  type: 'request';
  command: string;
  arguments?: Record<string, unknown>;
}

/** An editor asks for no more than a few kilobytes; a longer message is none. */
const MESSAGE_MOST = 16 * 1024 * 1024;

/** Takes messages out of a stream of bytes. */
export class DapReader {
  private waiting = Buffer.alloc(0);

  /** The messages that are complete now. Throws when the stream is none of this protocol. */
  take(bytes: Uint8Array): DapRequest[] {
    this.waiting = Buffer.concat([this.waiting, bytes]);
    const messages: DapRequest[] = [];
    for (;;) {
      const end = this.waiting.indexOf('\r\n\r\n');
      if (end < 0) return messages;
      const [, length] = /Content-Length: *(\d+)/i.exec(this.waiting.subarray(0, end).toString('latin1')) ?? [];
      if (length === undefined || Number(length) > MESSAGE_MOST)
        throw new Error(
          'this is no Debug Adapter Protocol: a message begins with Content-Length; --dap is for editors',
        );
      const next = end + 4 + Number(length);
      if (this.waiting.length < next) return messages;
      messages.push(JSON.parse(this.waiting.subarray(end + 4, next).toString('utf8')));
      this.waiting = this.waiting.subarray(next);
    }
  }
}

export function dapMessage(message: object): string {
  const text = JSON.stringify(message);
  return `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}
