// Writes samples to a store by remote write: Prometheus with --web.enable-remote-write-receiver, VictoriaMetrics, and others that speak version 1.
//
//   answer          2xx      400, 409, 422, and 500 with 'too old sample'    413        all else, and no answer
//   what it means   stored   one of them can never be stored: find out       too much   a StoreError: the caller tries again
//                            which, give that up, store the rest             at once
//
// A store takes all samples of a request or none, so a sample that it refuses would hold up all that is behind it. What must stay true: a sample is given up only
// when the store has refused it, or a younger one, for ever; a batch costs at most `requestsMost` requests.

import { httpPost, type Post, type PostAnswer } from '../http-post.ts';
import { type StoreSample, writeRequest } from './write-request.ts';

export interface WriteResult {
  stored: number;
  /** Given up. */
  refused: number;
  /** What the store said of the first that was refused. */
  reason?: string;
}

/** The store cannot take samples now. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

/** In a request. Prometheus says of itself that some thousands are good. */
const samplesMost = 5_000;
const requestsMost = 64;

type Verdict = 'stored' | 'split' | 'old' | 'wrong';

export class RemoteWrite {
  private readonly name: string;
  private readonly post: Post;

  /** `name`: for messages. */
  constructor(name: string, post: Post) {
    this.name = name;
    this.post = post;
  }

  /** Throws a StoreError when it is to be tried again: what was stored already is the same then, and is not there twice. */
  async write(samples: readonly StoreSample[], signal: AbortSignal): Promise<WriteResult> {
    const result: WriteResult = { stored: 0, refused: 0 };
    for (let at = 0; at < samples.length; at += samplesMost)
      await this.writeBatch(samples.slice(at, at + samplesMost), result, signal);
    return result;
  }

  private async writeBatch(batch: readonly StoreSample[], result: WriteResult, signal: AbortSignal): Promise<void> {
    let requests = 0;
    const giveUp = (samples: readonly StoreSample[], reason: string) => {
      result.refused += samples.length;
      result.reason ??= reason;
    };
    // The youngest first: where they are refused as too old, all older ones are.
    const waiting: (readonly StoreSample[])[] = [batch];
    for (let samples = waiting.pop(); samples !== undefined; samples = waiting.pop()) {
      const { verdict, text } = await this.tried(samples, signal);
      requests++;
      if (verdict === 'stored') result.stored += samples.length;
      else if (samples.length === 1 || requests >= requestsMost) giveUp(samples, text);
      else {
        const sorted = requests === 1 ? [...samples].sort((a, b) => a.timestampMs - b.timestampMs) : samples;
        const middle = sorted.length >> 1;
        const [older, younger] = [sorted.slice(0, middle), sorted.slice(middle)];
        const isWholeTooOld = verdict === 'old' && (await this.isTooOld(sorted[sorted.length - 1], signal));
        if (isWholeTooOld) giveUp(sorted, text);
        else waiting.push(older, younger);
      }
    }
  }

  /** Whether the youngest of samples is too old, so that none of them can be stored. */
  private async isTooOld(youngest: StoreSample, signal: AbortSignal): Promise<boolean> {
    return (await this.tried([youngest], signal)).verdict === 'old';
  }

  private async tried(
    samples: readonly StoreSample[],
    signal: AbortSignal,
  ): Promise<{ verdict: Verdict; text: string }> {
    const { status, text } = await this.answer(writeRequest(samples), signal);
    const said = text.trim().slice(0, 200);
    if (status >= 200 && status < 300) return { verdict: 'stored', text: said };
    if (status === 413) return { verdict: 'split', text: said };
    if (/too old|out of bounds/.test(text)) return { verdict: 'old', text: said };
    if ([400, 409, 422].includes(status)) return { verdict: 'wrong', text: said };
    throw new StoreError(`${this.name} answers ${status}${said === '' ? '' : `: ${said}`}`);
  }

  private async answer(body: Uint8Array, signal: AbortSignal): Promise<PostAnswer> {
    try {
      return await this.post(body, signal);
    } catch (error) {
      const { message, cause } = error as Error & { cause?: Error };
      throw new StoreError(`${this.name} does not answer: ${cause?.message || message}`, { cause: error });
    }
  }
}

/** Posts to the address of a store over HTTP. */
export const storePost = (address: string): Post =>
  httpPost(address, {
    'content-type': 'application/x-protobuf',
    'content-encoding': 'snappy',
    'x-prometheus-remote-write-version': '0.1.0',
  });

/** The place of remote write at a store that is named without a path. */
export function writeAddress(text: string): string {
  const url = new URL(text);
  if (url.pathname === '/') url.pathname = '/api/v1/write';
  return url.href;
}
