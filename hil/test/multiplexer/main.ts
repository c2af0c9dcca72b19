// A billion services executed by the firmware's own code, one by one, with every deadline watched. Run: npx tsx hil/test/multiplexer/main.ts [SERVICES]
//
// Some minutes on one core, so it is no part of `make test`. The preset cells-96 is executed on the multiplexer's own module, as it is in the firmware
// image; the module judges the table first, and its monitor looks at every deadline. Exit code 1 when one is missed. What must stay true: the
// figure in docs/multiplexer.md is what this prints.

import { MultiplexerModule } from '../../../host/board/multiplexer/multiplexer-module.ts';
import { chooser } from '../../../host/board/random.ts';
import { openProblem } from '../../../host/tools/multiplexer/open-problem.ts';
import { STEPS_A_SECOND } from '../../../host/tools/multiplexer/planner.ts';
import { tableBytes } from '../../../host/tools/multiplexer/table.ts';
import { planned } from '../../../host/tools/multiplexer/testing.ts';
import { multiplexerModule } from '../../../host/tools/sequencer.ts';
import { Mux, MuxLoad } from '../../../protocol/multiplexer/module.ts';

const wanted = Number(process.argv[2] ?? 1e9);
const pieceNs = 60e9;
const wordSpan = 2 ** 32;

const problem = openProblem('cells-96');
const { plan } = planned(problem, STEPS_A_SECOND, chooser(1));
if (!plan) throw new Error('cells-96: there is no table');
const module = new MultiplexerModule(await multiplexerModule());
for (const { number } of problem.cells) {
  module.configure(number, 'USED', 1);
  module.configure(number, 'TOLERANCE', 100);
  // As just after a step of full scale, all the time: the table has no easier case.
  module.configure(number, 'SETTLED', Mux.CODE_MAX * Mux.FRESH_DRIFT_PER_CODE);
}
const bytes = tableBytes(plan.table);
module.stage(bytes);
if (module.load(bytes.length) !== MuxLoad.GOOD || !module.start(0)) throw new Error('the firmware refuses the table');

const started = process.cpuUsage();
let [now, services] = [0, 0];
while (services < wanted) {
  now += pieceNs;
  module.run(now);
  services = module.figure('SERVICES_HIGH') * wordSpan + module.figure('SERVICES_LOW');
  process.stderr.write(`\r${(services / 1e6).toFixed(0)} million services, ${module.figure('LATE')} deadlines missed`);
}
const used = process.cpuUsage(started);
const seconds = (used.user + used.system) / 1e6;
const tightest = Math.max(...problem.cells.map(({ number }) => module.figure('CELL_GAP', number)));
process.stderr.write('\r\x1b[K');
console.log(
  `${services} services in ${now / 1e9} s of virtual time: ${module.figure('LATE')} deadlines missed, longest gap ${tightest} us of ${Math.floor(
    problem.cells[0].deadlineNs / 1000,
  )} us; ${seconds.toFixed(0)} s of processor, ${(services / seconds / 1e6).toFixed(1)} million a second`,
);
process.exit(module.figure('LATE') === 0 ? 0 : 1);
