// Gives messages to a JetStream stream, many at a time, and waits until the server has acknowledged each.
//
//   messages ──one after the other──> server ──an answer for each──> inbox: they are counted, and an error among them is the answer for all
//
// The library makes a request of each message, with a timer and a promise of its own: most of the work of a gateway that passes ten thousand a second on. What must
// stay true: one batch at a time; it is there when as many answers have come as there are messages, and none of them was an error. After an error the connection is
// of no use, because answers of that batch may still come.

import { createInbox, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { hostTime } from '../time.ts';

export interface StreamMessage {
  subject: string;
  head: MsgHdrs;
  bytes: Uint8Array;
}

export class JetStreamPublisher {
  private readonly connection: NatsConnection;
  private readonly silentMs: number;
  private readonly inbox = createInbox();
  private missing = 0;
  private isHeard = false;
  private end: (error?: Error) => void = () => {};

  /** `silentMs`: a server that acknowledges nothing for so long is given up. */
  constructor(connection: NatsConnection, silentMs: number) {
    this.connection = connection;
    this.silentMs = silentMs;
    connection.subscribe(this.inbox, { callback: (error, answer) => this.hear(error ?? errorOf(answer)) });
    void connection.closed().then(() => this.end(new Error('the connection to the NATS server was closed')));
  }

  publish(messages: readonly StreamMessage[]): Promise<void> {
    if (messages.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      let cancel = () => {};
      this.end = (error) => {
        cancel();
        this.end = () => {};
        if (error === undefined) resolve();
        else reject(error);
      };
      const watch = () => {
        this.isHeard = false;
        cancel = hostTime.after(this.silentMs, () =>
          this.isHeard
            ? watch()
            : this.end(new Error(`the NATS server acknowledged nothing for ${this.silentMs / 1000} s`)),
        );
      };
      this.missing = messages.length;
      watch();
      for (const { subject, head, bytes } of messages)
        this.connection.publish(subject, bytes, { headers: head, reply: this.inbox });
    });
  }

  private hear(error: Error | undefined): void {
    this.isHeard = true;
    this.missing--;
    if (error !== undefined) this.end(error);
    else if (this.missing === 0) this.end();
  }
}

/** {"stream": …, "seq": …}, or {"error": {"description": …}}; nobody listens there: a status in the head. */
function errorOf({ headers, data }: Msg): Error | undefined {
  if (headers !== undefined && headers.code >= 400)
    return new Error(headers.code === 503 ? 'the NATS server has no JetStream' : headers.status);
  const text = Buffer.prototype.latin1Slice.call(data, 0, data.length);
  if (!text.includes('"error"')) return undefined;
  try {
    return new Error(JSON.parse(text).error.description);
  } catch {
    return new Error(`the NATS server answers ${text.slice(0, 200)}`);
  }
}
