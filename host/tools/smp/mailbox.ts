// A queue between an event emitter and a reader: items are kept in order, and a reader waits with a time limit and a signal.
// What must stay true: every wait ends (item, time, abort, failure), and leaves no timer or listener behind.

export class Mailbox<Item> {
  readonly #items: Item[] = [];
  #failure: { error: Error; lasting: boolean } | undefined;
  #wake: (() => void) | undefined;

  put(item: Item): void {
    this.#items.push(item);
    this.#wake?.();
  }

  /** Lets readers reject after the items are read. `lasting`: all readers from now on, else only the next. */
  fail(error: Error, lasting: boolean): void {
    this.#failure ??= { error, lasting };
    this.#wake?.();
  }

  /** Drops a failure that was not lasting, because it belongs to an earlier message. */
  forgive(): void {
    if (this.#failure?.lasting === false) this.#failure = undefined;
  }

  async take(timeoutMs: number, signal?: AbortSignal): Promise<Item | undefined> {
    signal?.throwIfAborted();
    if (this.#items.length === 0 && this.#failure === undefined) await this.#wait(timeoutMs, signal);
    signal?.throwIfAborted();
    const item = this.#items.shift();
    if (item !== undefined || this.#failure === undefined) return item;
    const { error } = this.#failure;
    this.forgive();
    throw error;
  }

  async #wait(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (this.#wake) throw new Error('two readers wait for the same transport; the client must take turns');
    await new Promise<void>((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', finish);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(finish, Math.max(timeoutMs, 0));
      signal?.addEventListener('abort', finish, { once: true });
      this.#wake = finish;
    });
  }
}
