// Faults on the way of telemetry, each played so many times with real processes: devices, two gateways, a NATS server, two ingesters, a Prometheus (world.ts).
//
//   npx tsx hil/test/telemetry/faults/main.ts 100          each fault a hundred times (about forty minutes); writes docs/telemetry-faults.md
//   npx tsx hil/test/telemetry/faults/main.ts 5 clock      five times those with this word in their name; writes nothing
//
// A run counts when the fault has struck in it and everything that devices have made is in the stream once, in the order of its device, and counted once in the
// store. What is wrong is printed with its seed, and ends the program with 1.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooser } from '../../../../host/board/random.ts';
import { repositoryRoot } from '../../../../host/tools/guest.ts';
import { builtTool, pathTool } from '../../interop/install.ts';
import { faultKinds, faultRounds } from './kinds.ts';
import { Counted, play, type RunResult } from './run.ts';
import { World } from './world.ts';

const [count = 1, word = ''] = [Number(process.argv[2] ?? 1), process.argv[3] ?? ''];
const [nats, prometheus] = [await builtTool('nats-server'), pathTool('prometheus')];
if (nats.path === undefined || prometheus.path === undefined) {
  console.error(`no faults: ${nats.missing ?? prometheus.missing}`);
  process.exit(2);
}
const world = await World.start({ nats: nats.path, prometheus: prometheus.path });
const counted = new Counted(world);
const rounds = faultRounds
  .map((names) => names.filter((name) => name.includes(word)))
  .filter(({ length }) => length > 0);
const results = new Map<string, RunResult[]>(rounds.flat().map((name) => [name, []]));
let wrong = 0;
process.once('SIGINT', () => void world.end().then(() => process.exit(130)));

for (let seed = 1; seed <= count; seed++)
  for (const names of rounds) {
    const luckOf = (what: string) => chooser(seed * 1_000 + Object.keys(faultKinds).indexOf(what) + 1);
    const result = await play(world, names, luckOf, counted);
    for (const name of names) results.get(name)?.push(result);
    if (result.wrong.length > 0) wrong++;
    for (const sentence of result.wrong.slice(0, 5)) console.error(`${names.join(', ')}, seed ${seed}: ${sentence}`);
    for (const name of result.unstruck) console.error(`${name}, seed ${seed}: it has not struck`);
    console.error(`${seed} of ${count}: ${names.join(', ')}: ${result.records} records, ${result.replayMs} ms`);
  }
await world.end();

const secondsText = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
const sorted = (runs: readonly RunResult[]) => runs.map(({ replayMs }) => replayMs).sort((a, b) => a - b);
const rows = [...results].map(([name, runs]) => {
  const times = sorted(runs);
  return [
    name,
    `${runs.length}`,
    `${runs.filter(({ unstruck }) => !unstruck.includes(name)).length}`,
    `${runs.reduce((sum, { records }) => sum + records, 0)}`,
    `${runs.filter((run) => run.wrong.length > 0).length}`,
    secondsText(times[times.length >> 1]),
    secondsText(times[times.length - 1]),
  ];
});
const head = [
  'fault',
  'runs',
  'struck',
  'records',
  'runs with anything wrong',
  'in the store after, median',
  'at most',
];
const table = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
console.log(table);
if (word === '')
  writeFileSync(
    join(repositoryRoot, 'docs/telemetry-faults.md'),
    `# Faults on the way of telemetry

<!-- Written by npx tsx hil/test/telemetry/faults/main.ts ${count}; do not edit. -->

Each fault was played with real processes: six devices read by SMP over UDP, two gateways, a NATS server, two ingesters that share the devices, and a Prometheus.
While devices make records, faults strike at drawn moments; kills are SIGKILL. Three groups of faults strike together: gateway, ingester, schema and poison; NATS, clock and two
gateways; Prometheus, disk and link. A run is right when every record that a device has made is in the stream once (or a record says that it was put aside), in the order of
its device, and is counted once in the store, where no counter goes back. Where two gateways read one device, each puts what it has of it into the stream, and what one of them brings
late comes late: there the store must have it once, and the stream is asked for neither order nor once.

${table}

The time is from the moment when everything works again, on a machine that had other work. In the row of the link, the clock of the gateway is an hour
behind while the link is cut, so that records come an hour after their receive time. What is played in virtual time, losses of power among it, is in
\`host/telemetry/faults.test.ts\`.
`,
  );
process.exitCode = wrong > 0 ? 1 : 0;
