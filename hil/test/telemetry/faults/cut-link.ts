// A TCP connection that a test cuts: what goes through is passed on as it is, until it is cut at whatever byte it has come to.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export class CutLink {
  isUp = true;
  port = 0;
  private readonly server = createServer((near) => this.pass(near));
  private readonly sockets = new Set<Socket>();
  private readonly behind: number;

  /** `behind`: the port at the other end, on this machine. */
  constructor(behind: number) {
    this.behind = behind;
  }

  async listen(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  cut(): void {
    this.isUp = false;
    for (const socket of this.sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.server.close();
  }

  private pass(near: Socket): void {
    if (!this.isUp) {
      near.destroy();
      return;
    }
    const far = connect(this.behind, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ]) {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
