// A lab whose time only the test moves, and instruments asked over the same text as over a port.

import { Cryostat } from '../plant/cryostat/cryostat.ts';
import { openFridge } from '../tools/open-fridge.ts';
import { LabLinks } from './lab-links.ts';
import { ScpiSession } from './lake-shore/scpi.ts';

const second = 1_000_000_000;
const opened: LabLinks[] = [];

export function lab(start: 'base' | 'warm' = 'base') {
  const cryostat = new Cryostat(openFridge('uts'), { drift: false, start });
  const links = new LabLinks(cryostat, { speed: 1 });
  opened.push(links);
  const ignored: string[] = [];
  const asks = (which: 'model336' | 'model372') => {
    const session = new ScpiSession(links[which], (command, reason) => ignored.push(`${command}: ${reason}`));
    return (message: string) => (session.hear(`${message}\r\n`) ?? []).join('').trimEnd();
  };
  const wait = (seconds: number) => links.lab.advanceTo(cryostat.timeNs + Math.round(seconds * second));
  return { cryostat, links, ls336: asks('model336'), ls372: asks('model372'), wait, ignored };
}

export async function closeLabs(): Promise<void> {
  for (const links of opened.splice(0)) await links.close();
}
