// Measures one file of benches.ts in this process and prints its rows as JSON; main.ts calls it.

import { benches } from './benches.ts';

console.log(JSON.stringify(await benches[process.argv[2]]()));
