#!/usr/bin/env node
// The `coldrig` command as a process: the version of Node, Ctrl-C, a reader that has gone, the exit code. What it does is in main.ts.
//
// What must stay true: Ctrl-C is taken care of before anything else is loaded, so this file imports nothing at its head. In the time that Node
// itself needs to start (some 50 ms) no program can do so: there Ctrl-C ends the process by the signal, which a shell shows as 130 too.

// Ctrl-C where no command takes care of it: while the code loads, or a second time.
process.on('SIGINT', () => {
  if (process.listenerCount('SIGINT') > 1) return;
  console.error('error: interrupted');
  process.exit(130);
});
// Ends at once when the work is done and everything is written. Node would first take itself apart, and Ctrl-C in these milliseconds would
// end the process by the signal, with the result of the work lost.
process.on('exit', (code) => process.exit(code));
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`coldrig needs Node 20.19 or newer; this is ${process.version}`);
  process.exit(2);
}
// A reader that has seen enough (`| head`) is not an error; `run` hears of it too, and ends in order.
process.stdout.on('error', (error) => {
  if (error.code === 'EPIPE') return;
  // A disk that is full, for one: what was printed is not all there was.
  process.stderr.write(`error: the output cannot be written: ${error.code ?? error.message}\n`);
  process.exit(1);
});
process.stderr.on('error', () => {});
// A file that may not become larger (ulimit -f) is an error of the write, which names the file, not the end of the process.
process.on('SIGXFSZ', () => {});
const argumentList = process.argv.slice(2);
// Costs time when an error is made, so only where its place is printed.
if (argumentList.includes('--verbose') || process.env.COLDRIG_DEBUG) process.setSourceMapsEnabled(true);
const { importSource } = await import('../host/tools/import-source.mjs');
const { main } = await importSource('cli/main.ts').catch((error) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  console.error('coldrig: its packages are not installed; run `make install` in its folder');
  process.exit(2);
});
process.exitCode = await main(argumentList);
