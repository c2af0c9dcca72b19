// Runs one command of a client as a person would, and hands back everything it printed.

import { execFile } from 'node:child_process';
import { promisify, stripVTControlCharacters } from 'node:util';

const run = promisify(execFile);
const timeoutMs = 100_000;

/** Standard output and error, without colours and progress bars' cursor movements. Throws with both when the command fails. */
export async function runClient(program: string, commandLine: string[]): Promise<string> {
  try {
    // Wide enough that tables of a terminal library do not break lines within a hash.
    const env = { ...process.env, COLUMNS: '200', NO_COLOR: '1', TERM: 'dumb' };
    const { stdout, stderr } = await run(program, commandLine, { env, timeout: timeoutMs, maxBuffer: 2 ** 24 });
    return stripVTControlCharacters(`${stdout}${stderr}`);
  } catch (error) {
    const { stdout = '', stderr = '', code, killed } = error as Record<string, unknown>;
    const end = killed ? `did not end within ${timeoutMs} ms` : `ended with ${code}`;
    const said = stripVTControlCharacters(`${stdout}${stderr}`);
    throw new ClientFailed(`${program} ${commandLine.join(' ')} ${end}:\n${said}`, said);
  }
}

/** A client's command that ended with an error, and what it said. */
export class ClientFailed extends Error {
  readonly said: string;

  constructor(message: string, said: string) {
    super(message);
    this.said = said;
  }
}
