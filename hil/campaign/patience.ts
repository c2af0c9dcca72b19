// How long to wait for a server that does not answer: not at all, or until somebody ends the waiting, which throws the reason of
// the end. A refusal is an answer.

import { once, setMaxListeners } from 'node:events';
import { setTimeout as rest } from 'node:timers/promises';
import { JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import { CampaignError } from './queue.ts';

/** Between two tries of a server that is away. */
export const againMs = 500;
/** What an answer may take before the server counts as away. */
export const answerMs = 5_000;

export class Patience {
  private readonly isEndless: boolean;
  private readonly signal: AbortSignal;
  private readonly tell: (isThere: boolean) => void;
  private readonly graceMs: number;
  private isThere = true;

  /** `tell` is called when the server goes silent, and when it is back. `graceMs`: what an answer may still take when the waiting is ended. */
  constructor(
    isEndless: boolean,
    signal: AbortSignal,
    tell: (isThere: boolean) => void = () => {},
    graceMs = answerMs,
  ) {
    this.isEndless = isEndless;
    this.signal = signal;
    this.tell = tell;
    this.graceMs = graceMs;
    // Each question listens until it is answered, and as many as there are units may be asked at once: that is no leak.
    setMaxListeners(0, signal);
  }

  async until<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      try {
        const answer = await this.inTime(ask);
        this.hear(true);
        return answer;
      } catch (error) {
        if (!isSilence(error)) throw error;
        this.signal.throwIfAborted();
        if (!this.isEndless)
          throw new CampaignError(
            'SERVER_SILENT',
            `the NATS server does not answer (${(error as Error).message}): is it running, and can it be reached?`,
            { cause: error },
          );
        this.hear(false);
        await rest(againMs, undefined, { signal: this.signal }).catch(() => {});
      }
    }
  }

  /** A client that lost its server may wait for it by itself, and longer than its caller wants. */
  private async inTime<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    const { signal, graceMs } = this;
    const answered = new AbortController();
    const late = async (): Promise<never> => {
      if (!signal.aborted) await once(signal, 'abort', { signal: answered.signal });
      await rest(graceMs, undefined, { signal: answered.signal });
      throw new Error('no answer came any more');
    };
    const tooLate = late();
    // Once there is an answer, nobody waits for it.
    tooLate.catch(() => {});
    return Promise.race([ask(), tooLate]).finally(() => answered.abort());
  }

  private hear(isThere: boolean): void {
    if (this.isThere === isThere) return;
    this.isThere = isThere;
    this.tell(isThere);
  }
}

/** Whether the server refuses, with the given number of the JetStream API. */
export const isRefused = (error: unknown, code: number): boolean =>
  error instanceof JetStreamApiError && error.code === code;

/** No answer, or one that says that there is nobody to answer yet. */
function isSilence(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return error.status >= 500;
  const isFinal = [
    CampaignError,
    errors.AuthorizationError,
    errors.PermissionViolationError,
    errors.InvalidArgumentError,
    errors.ClosedConnectionError,
  ];
  return error instanceof Error && !isFinal.some((kind) => error instanceof kind) && !(error instanceof TypeError);
}
