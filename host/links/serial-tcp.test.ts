import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually, FakeWire } from './fake-line.ts';
import { SerialTcp } from './serial-tcp.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

async function serialOn(wire: FakeWire): Promise<SerialTcp> {
  const serial = await SerialTcp.open({ wire, port: 0 });
  open.push(serial);
  return serial;
}

async function client(port: number): Promise<{ socket: Socket; text: () => string }> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
  });
  socket.on('error', () => {});
  open.push({ close: () => socket.destroy() });
  return { socket, text: () => text };
}

describe('the console over TCP', () => {
  it('carries every byte value both ways as it is', async () => {
    const wire = new FakeWire((bytes) => bytes);
    const { port } = await serialOn(wire);
    const { socket, text } = await client(port);
    const all = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
    socket.write(all);
    await eventually('the echo', () => text().length === 256);
    expect(text()).toBe(all.toString('latin1'));
    expect(wire.text).toBe(all.toString('latin1'));
  });

  it('lets several clients share the line: each hears everything', async () => {
    const wire = new FakeWire();
    const serial = await serialOn(wire);
    const [first, second] = [await client(serial.port), await client(serial.port)];
    first.socket.write('1');
    await eventually('the first byte', () => wire.text === '1');
    second.socket.write('2');
    await eventually('both bytes', () => wire.text === '12' && serial.clientCount === 2);
    wire.fromBoard(Buffer.from('answer'));
    await eventually('both answers', () => first.text() === 'answer' && second.text() === 'answer');
  });

  it('goes on when a client leaves without a word', async () => {
    const wire = new FakeWire();
    const serial = await serialOn(wire);
    const [rude, polite] = [await client(serial.port), await client(serial.port)];
    await eventually('both clients', () => serial.clientCount === 2);
    rude.socket.resetAndDestroy();
    await eventually('the loss', () => serial.clientCount === 1);
    wire.fromBoard(Buffer.from('still here'));
    await eventually('the answer', () => polite.text() === 'still here');
  });

  it('holds a client back while the line is congested', async () => {
    const wire = new FakeWire();
    const serial = await serialOn(wire);
    const { socket } = await client(serial.port);
    wire.backlog = 100_000;
    socket.write('1');
    await eventually('the first byte', () => wire.text === '1');
    socket.write('2');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(wire.text).toBe('1');
    wire.backlog = 0;
    await eventually('the second byte', () => wire.text === '12');
  });

  it('cuts off a client that never reads', async () => {
    const wire = new FakeWire();
    const serial = await serialOn(wire);
    (await client(serial.port)).socket.pause();
    await eventually('the client', () => serial.clientCount === 1);
    for (let i = 0; i < 4000 && serial.clientCount > 0; i++) {
      wire.fromBoard(new Uint8Array(64 * 1024));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(serial.clientCount).toBe(0);
  });

  it('says which port is taken and what to do', async () => {
    const { port } = await serialOn(new FakeWire());
    await expect(SerialTcp.open({ wire: new FakeWire(), port })).rejects.toThrow(
      `TCP port ${port} on 127.0.0.1 is in use by another program; end it, or choose another port with --serial PORT`,
    );
  });

  it('hangs up on its clients when it is closed', async () => {
    const wire = new FakeWire();
    const serial = await SerialTcp.open({ wire, port: 0 });
    const { socket } = await client(serial.port);
    const ended = once(socket, 'close');
    await serial.close();
    await ended;
    expect(wire.listenerCount).toBe(0);
  });
});
