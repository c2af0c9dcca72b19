#!/usr/bin/env node
// The `coldrig` command. Registers tsx from this package, so that the TypeScript sources run as they are from any folder.

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`coldrig needs Node 20.19 or newer; this is ${process.version}`);
  process.exit(2);
}
// Ctrl-C where no command takes care of it: while sources load, or a second time.
process.on('SIGINT', () => {
  if (process.listenerCount('SIGINT') > 1) return;
  console.error('error: interrupted');
  process.exit(130);
});
const { register } = await import('tsx/esm/api').catch(() => {
  console.error('coldrig: its packages are not installed; run `make install` in its folder');
  process.exit(2);
});
register();
const { main } = await import('./main.ts');
process.exitCode = await main(process.argv.slice(2));
