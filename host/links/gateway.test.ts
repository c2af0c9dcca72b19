import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { openTarget } from '../tools/smp/index.ts';
import { eventually, FakeWire } from './fake-line.ts';
import { Gateway } from './gateway.ts';
import { LinkError } from './link.ts';
import { SlipDecoder, slipEncode } from './slip.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

async function gatewayOn(wire: FakeWire, port = 0): Promise<Gateway> {
  const gateway = await Gateway.open({ wire, port });
  open.push(gateway);
  return gateway;
}

async function client(): Promise<Socket> {
  const socket = createSocket('udp4');
  open.push(socket);
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return socket;
}

/** A board that answers every frame to the peer it came from. */
const echoing = () => new FakeWire((bytes) => bytes);

async function exchange(socket: Socket, port: number, payload: string): Promise<string> {
  const answer = once(socket, 'message');
  socket.send(payload, port, '127.0.0.1');
  return String((await answer)[0]);
}

function framesSent(wire: FakeWire): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (const bytes of wire.sent) new SlipDecoder(4096).push(bytes, (frame) => frames.push(frame));
  return frames;
}

const hasIPv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

describe('the UDP gateway', () => {
  it.skipIf(!hasIPv6)('listens on an IPv6 address, and says it as clients write it', async () => {
    const gateway = await Gateway.open({ wire: echoing(), port: 0, host: '::1' });
    open.push(gateway);
    expect(gateway.address).toBe(`udp://[::1]:${gateway.port}`);
    const transport = await openTarget(gateway.address);
    open.push(transport);
    await transport.send(Buffer.from('hello'));
    expect(Buffer.from((await transport.receive(5000)) ?? '').toString()).toBe('hello');
  });

  it('turns a datagram into a SLIP frame led by the tag of its peer', async () => {
    const wire = new FakeWire();
    const { port } = await gatewayOn(wire);
    (await client()).send('hello', port, '127.0.0.1');
    await eventually('the frame', () => wire.sent.length === 1);
    const [frame] = framesSent(wire);
    expect([...frame.subarray(0, 2)]).toEqual([0, 1]);
    expect(Buffer.from(frame.subarray(2)).toString()).toBe('hello');
  });

  it('sends an answer to the peer whose tag it carries, and to no other', async () => {
    const { port } = await gatewayOn(echoing());
    const [first, second] = [await client(), await client()];
    const answers = await Promise.all([exchange(first, port, 'one'), exchange(second, port, 'two')]);
    expect(answers).toEqual(['one', 'two']);
  });

  it('keeps a peer’s tag for as long as it talks', async () => {
    const wire = echoing();
    const { port } = await gatewayOn(wire);
    const socket = await client();
    for (const word of ['a', 'b', 'c']) await exchange(socket, port, word);
    expect(framesSent(wire).map((frame) => frame[1])).toEqual([1, 1, 1]);
  });

  it('forgets the peer that was silent longest when 65 have spoken, and drops an answer to it', async () => {
    const wire = new FakeWire();
    const gateway = await gatewayOn(wire);
    for (let peer = 0; peer < 65; peer++) {
      (await client()).send('x', gateway.port, '127.0.0.1');
      await eventually('the frame', () => wire.sent.length === peer + 1);
    }
    wire.fromBoard(slipEncode(Uint8Array.of(0, 1, 42)));
    wire.fromBoard(slipEncode(Uint8Array.of(0, 2, 42)));
    expect(gateway.counters).toMatchObject({ received: 65, sent: 1, dropped: 1 });
  });

  it('cuts a datagram at the 2048 bytes the device takes', async () => {
    const wire = new FakeWire();
    const { port } = await gatewayOn(wire);
    (await client()).send(new Uint8Array(4000), port, '127.0.0.1');
    await eventually('the frame', () => wire.sent.length === 1);
    expect(framesSent(wire)[0].length).toBe(2 + 2048);
  });

  it('drops datagrams while the line is congested, as a socket would', async () => {
    const wire = new FakeWire();
    const gateway = await gatewayOn(wire);
    wire.backlog = 100_000;
    (await client()).send('lost', gateway.port, '127.0.0.1');
    await eventually('the loss', () => gateway.counters.dropped === 1);
    expect(wire.sent).toHaveLength(0);
  });

  it('says which port is taken and what to do', async () => {
    const { port } = await gatewayOn(new FakeWire());
    const refusal = Gateway.open({ wire: new FakeWire(), port });
    await expect(refusal).rejects.toThrow(LinkError);
    await expect(refusal).rejects.toThrow(
      `UDP port ${port} on 127.0.0.1 is in use by another program; end it, or choose another port with --udp PORT`,
    );
  });

  it('frees the port and the wire when it is closed', async () => {
    const wire = new FakeWire();
    const first = await Gateway.open({ wire, port: 0 });
    await first.close();
    expect(wire.listenerCount).toBe(0);
    expect((await gatewayOn(wire, first.port)).port).toBe(first.port);
  });
});
