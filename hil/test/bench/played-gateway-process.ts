// The process of played-gateway.ts, for who measures it.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { GatewayFigures, GatewayWay, ToGateway } from './played-gateway.ts';

export class PlayedGateway {
  private readonly child: ChildProcess;

  /** `folder`: of its log. */
  static async start(folder: string, way: GatewayWay): Promise<PlayedGateway> {
    const program = fileURLToPath(new URL('./played-gateway.mjs', import.meta.url));
    const child = fork(program, [JSON.stringify({ folder, way })], { execArgv: [] });
    const gateway = new PlayedGateway(child);
    await gateway.said();
    return gateway;
  }

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** From their next poll on. */
  play(told: { atOnce: number }): void {
    this.tell(told);
  }

  async figures(): Promise<GatewayFigures> {
    this.tell('figures');
    return (await this.said()) as GatewayFigures;
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = once(this.child, 'exit');
    this.tell('end');
    await ended;
  }

  /** What it says next. */
  private async said(): Promise<unknown> {
    const ended = once(this.child, 'exit').then(([code]) => {
      throw new Error(`the gateway of the bench ended with ${code}`);
    });
    ended.catch(() => {});
    const [said] = await Promise.race([once(this.child, 'message'), ended]);
    return said;
  }

  private tell(told: ToGateway): void {
    this.child.send(told);
  }
}
