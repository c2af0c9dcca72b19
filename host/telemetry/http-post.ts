// A request that gives something to somebody over HTTP: samples to a store, a notification to who is told of it.
//
// What must stay true: it has an end, also where no answer comes; what was given as a password is in no message.

export interface PostAnswer {
  status: number;
  text: string;
}

/** Rejects where no answer comes. */
export type Post = (body: Uint8Array, signal: AbortSignal) => Promise<PostAnswer>;

const answerMs = 10_000;

/** Posts to an address. A user and password in it are sent as such; a redirection is an answer like any other, and not followed. */
export function httpPost(address: string, more: Readonly<Record<string, string>>): Post {
  const url = new URL(address);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const headers = {
    ...more,
    'user-agent': 'coldrig',
    ...(username !== '' && { authorization: `Basic ${Buffer.from(login).toString('base64')}` }),
  };
  return async (body, signal) => {
    const late = new AbortController();
    const abort = () => late.abort(new Error('interrupted'));
    const timer = setTimeout(() => late.abort(new Error(`no answer within ${answerMs / 1000} s`)), answerMs);
    signal.addEventListener('abort', abort, { once: true });
    try {
      const response = await fetch(url, {
        ...{ method: 'POST', headers, body: Buffer.from(body), redirect: 'manual', signal: late.signal },
      });
      return { status: response.status, text: await response.text() };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  };
}

/** An address without its password, for messages. */
export function shownAddress(address: string): string {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return url.href;
}
