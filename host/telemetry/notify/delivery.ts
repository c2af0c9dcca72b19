// Brings notifications to who is told of them, one after the other, however often that has to be tried, and also over a restart.
//
//   notifications ──onto the disk──> queue ──POST──> 2xx: told         408, 429, 5xx, no answer: again after 1 s, 2 s, ... 60 s
//                                                    all else: refused for ever, and said so
//
// The file has the queue and what was told of each group, written whole at each change. What must stay true: a notification is on the disk before it is tried, and off it
// when it was taken, so a gateway that is killed tells it once more rather than not at all; the queue has a bound, and what it has no room for is counted and said; a
// disk that takes no more holds up no page.

import type { Post } from '../http-post.ts';
import type { ToldGroup } from '../monitoring/groups.ts';
import type { Notification } from '../monitoring/notification.ts';
import { rest, type Time } from '../time.ts';
import { type WebhookBody, webhookBody } from './webhook.ts';

export interface NotifyState {
  queue: WebhookBody[];
  groups: ToldGroup[];
}

export type NotifyResult = 'told' | 'refused' | 'dropped' | 'retried';

export type NotifyEvent = {
  event: 'notify';
  state: 'connected' | 'waiting' | 'refused' | 'dropped' | 'disk';
  reason?: string;
};

export interface DeliveryOptions {
  post: Post;
  time: Time;
  /** Of the page, for links. */
  address: string;
  /** As it was kept last. */
  state?: NotifyState;
  /** Puts the state on disk. Throws the system's errors. */
  keep: (state: NotifyState) => void;
  onEvent?: (event: NotifyEvent) => void;
  onResult?: (result: NotifyResult) => void;
}

const queueMost = 1_000;
const againMs = { least: 1_000, most: 60_000 };
const isLasting = (status: number) => status < 500 && status !== 408 && status !== 429;

export class Delivery {
  private readonly options: Required<DeliveryOptions>;
  private queue: WebhookBody[];
  private groups: ToldGroup[];
  private wake: () => void = () => {};
  private isAway = false;
  private isDiskFull = false;

  constructor(options: DeliveryOptions) {
    const state = options.state ?? { queue: [], groups: [] };
    this.options = { onEvent: () => {}, onResult: () => {}, ...options, state };
    this.queue = [...state.queue];
    this.groups = [...state.groups];
  }

  get waiting(): number {
    return this.queue.length;
  }

  /** `groups`: what is told when these are. */
  put(notifications: readonly Notification[], groups: readonly ToldGroup[]): void {
    if (notifications.length === 0) return;
    for (const one of notifications) {
      if (this.queue.length >= queueMost) this.drop();
      this.queue.push(webhookBody(one, this.options.address));
    }
    this.groups = [...groups];
    this.keep();
    this.wake();
  }

  /** Until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    for (let wait = againMs.least; !signal.aborted; ) {
      const [first] = this.queue;
      if (first === undefined) {
        await this.something(signal);
        continue;
      }
      const isDone = await this.isTold(first, signal);
      if (signal.aborted) return;
      if (isDone) {
        wait = againMs.least;
        this.queue = this.queue.filter((one) => one !== first);
        this.keep();
      } else {
        this.options.onResult('retried');
        await rest(this.options.time, wait, signal);
        wait = Math.min(againMs.most, wait * 2);
      }
    }
  }

  private async isTold(body: WebhookBody, signal: AbortSignal): Promise<boolean> {
    const { post, onEvent, onResult } = this.options;
    let reason: string;
    try {
      const { status, text } = await post(Buffer.from(JSON.stringify(body)), signal);
      const isTaken = status >= 200 && status < 300;
      if (isTaken || isLasting(status)) this.tellAway(undefined);
      if (isTaken) onResult('told');
      reason = `it answers ${status}${text.trim() === '' ? '' : `: ${text.trim().slice(0, 200)}`}`;
      if (isTaken) return true;
      if (isLasting(status)) {
        onResult('refused');
        onEvent({ event: 'notify', state: 'refused', reason: `${body.groupKey}: ${reason}` });
        return true;
      }
    } catch (error) {
      const { message, cause } = error as Error & { cause?: Error };
      reason = `it does not answer: ${cause?.message || message}`;
    }
    if (!signal.aborted) this.tellAway(reason);
    return false;
  }

  /** Tickets go before pages, the oldest first. */
  private drop(): void {
    const { onEvent, onResult } = this.options;
    const ticket = this.queue.findIndex(({ receiver }) => receiver !== 'page');
    const [dropped] = this.queue.splice(Math.max(0, ticket), 1);
    onResult('dropped');
    onEvent({ event: 'notify', state: 'dropped', reason: `${queueMost} wait already; given up: ${dropped.groupKey}` });
  }

  private keep(): void {
    try {
      this.options.keep({ queue: this.queue, groups: this.groups });
      this.isDiskFull = false;
    } catch (error) {
      if (!this.isDiskFull) this.options.onEvent({ event: 'notify', state: 'disk', reason: (error as Error).message });
      this.isDiskFull = true;
    }
  }

  private something(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        this.wake = () => {};
        resolve();
      };
      this.wake = done;
      signal.addEventListener('abort', done, { once: true });
    });
  }

  private tellAway(reason: string | undefined): void {
    if ((reason !== undefined) === this.isAway) return;
    this.isAway = reason !== undefined;
    this.options.onEvent({ event: 'notify', state: this.isAway ? 'waiting' : 'connected', ...(reason && { reason }) });
  }
}
