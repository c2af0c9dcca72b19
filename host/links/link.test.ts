import { expect, it } from 'vitest';
import { Cryostat } from '../plant/cryostat/cryostat.ts';
import { CryostatView } from '../plant/cryostat/view.ts';
import { openFridge } from '../tools/open-fridge.ts';
import { BlueforsHttpApi } from './bluefors/http-api.ts';
import { BlueforsSystem } from './bluefors/system.ts';
import { FakeWire } from './fake-line.ts';
import { Gateway } from './gateway.ts';
import { Model372 } from './lake-shore/model-372.ts';
import { ScpiServer } from './lake-shore/scpi-server.ts';
import { authority, LinkError, listenAddress } from './link.ts';
import { SerialTcp } from './serial-tcp.ts';

const wire = new FakeWire();
const view = new CryostatView(new Cryostat(openFridge('uts')));
const instrument = new Model372(view);
const system = new BlueforsSystem(view, instrument);

it('listens on this machine only unless an address is named', () => {
  expect(listenAddress(undefined)).toBe('127.0.0.1');
  expect(listenAddress('0.0.0.0')).toBe('0.0.0.0');
});

it.each([
  ['gateway', (host: string) => Gateway.open({ wire, port: 0, host })],
  ['console', (host: string) => SerialTcp.open({ wire, port: 0, host })],
  ['instrument', (host: string) => ScpiServer.open({ instrument, name: 'lake-shore-372', port: 0, host })],
  ['HTTP interface', (host: string) => BlueforsHttpApi.open({ system, port: 0, host, startMs: 0 })],
])('no %s opens on every address of the machine by an empty word', async (_, open) => {
  await expect(open('')).rejects.toThrow(LinkError);
  await expect(open(' ')).rejects.toThrow('an empty address would listen on every address');
});

it('an address is said as clients write it: IPv6 in brackets', () => {
  expect(authority({ address: '127.0.0.1', port: 80 })).toBe('127.0.0.1:80');
  expect(authority({ address: '::1', port: 80 })).toBe('[::1]:80');
});
