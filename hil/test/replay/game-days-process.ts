// One process of game-days.generate.ts:
//   play SEED FIRST LAST FOLDER     plays days and leaves their files
//   repeat FOLDER                   repeats every file there, and prints a line of JSON for each

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { playDay, repeatDay } from './game-days.ts';

const [does, ...words] = process.argv.slice(2);
if (does === 'play') {
  const [seed, first, last] = words.map(Number);
  for (let number = first; number <= last; number++) {
    const { file, alarms } = await playDay(seed, number);
    writeFileSync(join(words[3], `${seed}-${number}.coldrig`), file);
    console.log(JSON.stringify({ alarms }));
  }
} else {
  for (const name of readdirSync(words[0]).sort())
    console.log(JSON.stringify(repeatDay(readFileSync(join(words[0], name)))));
}
