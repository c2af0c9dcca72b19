// Serves many calls of the command in one process, one after the other. testing.ts starts it, sends it command lines, and gets back the result
// that a process of its own would have given. This saves the start of a process for each call.
//
// What must stay true: a call leaves nothing behind (an open socket, timer or thread, a handler of a signal), because that would keep a process of
// its own from ending, or change the next call. If it does, the answer is an error.

import { importSource } from '../host/tools/bundle.mjs';
import '../host/tools/late-optimization.mjs';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** How long a resource that a call has closed may take to disappear. */
const patienceMs = 5000;
const home = process.cwd();

const main = importSource('cli/main.ts').then((module) => module.main);
// The error is reported to each caller.
main.catch(() => {});

let queue = Promise.resolve();
process.on('message', (call) => {
  queue = queue.then(async () => process.send(await answer(call)));
});
process.on('disconnect', () => process.exit());

async function answer({ id, argumentList, cwd, columns }) {
  const output = { stdout: '', stderr: '' };
  const restore = [capture('stdout', output), capture('stderr', output)];
  process.env.NO_COLOR = '1';
  process.env.COLUMNS = String(columns);
  process.exitCode = undefined;
  try {
    process.chdir(cwd ?? home);
    const before = leftovers();
    const code = await (await main)(argumentList);
    await settled(before);
    return { id, code, ...output };
  } catch (error) {
    return { id, error: `coldrig ${argumentList.join(' ')}: ${error.stack ?? error}` };
  } finally {
    for (const each of restore) each();
    process.exitCode = undefined;
  }
}

/** Collects everything that is written to a stream of this process; returns a function that ends this. */
function capture(name, output) {
  const stream = process[name];
  const { write } = stream;
  stream.write = (chunk, encoding, done) => {
    output[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    const callback = typeof encoding === 'function' ? encoding : done;
    if (callback) process.nextTick(callback);
    return true;
  };
  return () => {
    stream.write = write;
  };
}

/** Everything that would keep a process from ending, or would handle a signal of a later call. */
function leftovers() {
  const handlers = signals.flatMap((signal) => process.listeners(signal).map(() => `a handler of ${signal}`));
  const readers = process.listeners('message').length + process.stdout.listenerCount('error');
  return [
    ...process.getActiveResourcesInfo(),
    ...handlers,
    ...Array(readers).fill('a listener of this process'),
  ].sort();
}

async function settled(before) {
  const until = performance.now() + patienceMs;
  for (;;) {
    const now = leftovers();
    for (const each of before) if (now.includes(each)) now.splice(now.indexOf(each), 1);
    if (now.length === 0) return;
    if (performance.now() > until) throw new Error(`it ended and left this open: ${now.join(', ')}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
