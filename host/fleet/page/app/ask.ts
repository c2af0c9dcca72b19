// Asks the server, as the person whose token this browser tab has, or by the browser's certificate.

const kept = 'coldrig-fleet-token';

/** Of this tab alone: it goes when the tab is closed. */
export const tokenOf = (): string => sessionStorage.getItem(kept) ?? '';

export function keepToken(token: string): void {
  if (token === '') sessionStorage.removeItem(kept);
  else sessionStorage.setItem(kept, token);
}

export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Throws a Refused with the server's reason. */
export async function ask<Answer>(path: string, command?: object): Promise<Answer> {
  const token = tokenOf();
  // A browser refuses them in a header, with words for programmers.
  if (!/^[\x21-\x7e]*$/.test(token)) throw new Refused(401, 'a token has no such characters');
  const response = await fetch(`/rest/v1/${path}`, {
    ...{ method: command === undefined ? 'GET' : 'POST', cache: 'no-store', redirect: 'error' },
    headers: {
      // A page of somebody else's cannot send it: so what a certificate allows is asked for by this one.
      'x-coldrig-person': 'page',
      ...(token !== '' && { authorization: `Bearer ${token}` }),
      ...(command !== undefined && { 'content-type': 'application/json' }),
    },
    ...(command !== undefined && { body: JSON.stringify(command) }),
  });
  const answer = (await response.json()) as Answer & { message?: string };
  if (!response.ok) throw new Refused(response.status, answer.message ?? `HTTP ${response.status}`);
  return answer;
}
