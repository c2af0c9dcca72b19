// played-gateway.ts as a process, bundled as the commands of the product are: tsx alone would make it slower than it is.

import { importSource } from '../../../host/tools/import-source.mjs';

const { main } = await importSource('hil/test/bench/played-gateway.ts');
await main(JSON.parse(process.argv[2]));
