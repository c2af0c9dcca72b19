// What goes over the line: messages, answers, IEEE 488.2, and ports.

import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { closeLabs, lab } from '../lab-testing.ts';
import { ScpiSession } from './scpi.ts';
import { ScpiServer } from './scpi-server.ts';
import { scpiWire } from './scpi-wire.ts';

afterEach(closeLabs);

describe('a message', () => {
  test('of several queries is answered on one line, as the makers’ own driver asks: KRDG? A;*ESR?', () => {
    const { ls336, ls372 } = lab();
    ls336('*CLS');
    expect(ls336('RANGE? 1;:INNAME? A;*ESR?')).toBe('0;50K plate;0');
    expect(ls336('SETP 1,3.5;*OPC?')).toBe('1');
    expect(ls372('kRdG? 9; *opc?')).toBe('+0.00000E+00;1');
  });

  test.each(['\n', '\r', '\r\n', '\n\r'])('may end with %j', (end) => {
    const { links } = lab();
    const session = new ScpiSession(links.model336);
    expect(session.hear(`RANGE? 1${end}RANGE? 2${end}`)).toEqual(['0\r\n', '0\r\n']);
  });

  test('may come in pieces, with commas and semicolons in quotes, and without a space', () => {
    const { links } = lab();
    const session = new ScpiSession(links.model336);
    expect(session.hear('INNAME A,"a;b,')).toEqual([]);
    expect(session.hear('c";INNAME?A\n')).toEqual(['a;b,c\r\n']);
  });

  test('without end is given up', () => {
    const { links } = lab();
    expect(new ScpiSession(links.model372).hear('X'.repeat(10_000))).toBeUndefined();
  });
});

describe('IEEE 488.2', () => {
  test('keeps in the event register why a command was not followed, and reading it clears it', () => {
    const { ls336, ignored } = lab();
    expect(ls336('*ESR?')).toBe('128');
    expect(ls336('FOO? 1;*ESR?')).toBe('32');
    expect(ls336('RANGE 1,99;*ESR?')).toBe('16');
    expect(ls336('SETP? 7;*ESR?;*ESR?')).toBe('16;0');
    expect(ls336('KRDG A;*ESR?')).toBe('32');
    expect(ls336('ATUNE 1,2;*ESR?')).toBe('16');
    expect(ls336('SCAL 6,50,S1,77,20.2,305,112.4,0,0;*ESR?')).toBe('16');
    expect(ignored).toEqual([
      'FOO? 1: no command FOO?',
      "RANGE 1,99: RANGE: '99' is not a whole number from 0 to 8",
      "SETP? 7: SETP?: '7' is not a whole number from 1 to 4",
      'KRDG A: no command KRDG',
      'ATUNE 1,2: autotuning is not emulated; set PID',
      'SCAL 6,50,S1,77,20.2,305,112.4,0,0: soft calibration is not emulated; write points with CRVPT',
    ]);
  });

  test('sums events up in the status byte through its masks', () => {
    const { ls372 } = lab();
    ls372('*CLS');
    expect(ls372('*STB?')).toBe('0');
    expect(ls372('*ESE 32;*SRE 32;*ESE?;*SRE?')).toBe('32;32');
    expect(ls372('FOO;*STB?')).toBe('96');
    expect(ls372('*ESR?;*STB?')).toBe('32;0');
    expect(ls372('*OPC;*ESR?;*WAI;*TST?;*OPC?')).toBe('1;0;1');
    expect(ls372('*SRE 300;*ESR?')).toBe('16');
  });

  test('says in the operation register that there are new readings, and masks it into bit 7', () => {
    const { ls336, wait } = lab();
    ls336('*CLS;OPSTE 16');
    expect(ls336('*STB?')).toBe('0');
    wait(0.2);
    expect(ls336('*STB?;OPSTR?;OPSTR?')).toBe('128;16;0');
  });

  test('*RST switches heaters off, but for an output that comes on by itself; DFLT 99 forgets every setting', () => {
    const { ls336 } = lab();
    ls336('OUTMODE 1,1,2,0;RANGE 1,2;OUTMODE 2,1,1,1;RANGE 2,1;INNAME A,"x"');
    ls336('*RST');
    expect(ls336('RANGE? 1;RANGE? 2;INNAME? A')).toBe('0;1;x');
    ls336('DFLT 99');
    expect(ls336('RANGE? 2;INNAME? A;OUTMODE? 2')).toBe('0;50K plate;0,1,0');
  });
});

describe('numbers', () => {
  test('below zero are readable', () => {
    const { ls336, wait } = lab();
    wait(1);
    expect(Number(ls336('CRDG? A'))).toBeCloseTo(41.4 - 273.15, 0);
    expect(ls336('CRDG? A')).toMatch(/^-2\.\d{5}E\+02$/);
    ls336('SETP 1,-200');
    wait(1);
    expect(ls336('SETP? 1')).toBe('-2.00000E+02');
  });

  test('of a set point are in the units of its input: Celsius on a 336, ohms on a 372', () => {
    const { ls336, ls372, wait } = lab();
    ls336('OUTMODE 1,1,2,0;INTYPE B,3,1,6,0,2;SETP 1,-200');
    wait(1);
    expect(Number(ls336('SETP? 1'))).toBeCloseTo(-200, 3);
    ls336('INTYPE B,3,1,6,0,1');
    expect(Number(ls336('SETP? 1'))).toBeCloseTo(73.15, 3);
    ls372('OUTMODE 0,5,6,0,0,0,1;SETP 0,0.1');
    wait(1);
    ls372('INTYPE 6,0,2,1,15,0,2');
    expect(Number(ls372('SETP? 0'))).toBeCloseTo(19_400, -2);
  });
});

describe('a port', () => {
  const opened: ScpiServer[] = [];
  afterEach(async () => {
    for (const server of opened.splice(0)) await server.close();
  });

  async function serve() {
    const ignored: string[] = [];
    const server = await ScpiServer.open({
      ...{ name: 'lake-shore-336', instrument: lab().links.model336, port: 0 },
      onIgnored: (line, reason) => ignored.push(`${line}: ${reason}`),
    });
    opened.push(server);
    const join = () => {
      const client = connect(server.port, '127.0.0.1');
      const told = { text: '', isClosed: false, client };
      client.on('data', (bytes) => {
        told.text += bytes;
      });
      client.on('error', () => {});
      client.on('close', () => {
        told.isClosed = true;
      });
      return told;
    };
    return { join, ignored };
  }

  test('answers, and tells a ninth client why it is sent away', async () => {
    const { join, ignored } = await serve();
    const eight = Array.from({ length: 8 }, join);
    for (const { client } of eight) client.write('*IDN?\n');
    for (const told of eight) await expect.poll(() => told.text).toBe('LSCI,MODEL336,LSA0336/0000001,2.9\r\n');
    const ninth = join();
    await expect.poll(() => ninth.isClosed).toBe(true);
    const reason = 'lake-shore-336 serves 8 clients at a time; close one of them and connect again';
    expect(ninth.text).toBe(`${reason}\r\n`);
    expect(ignored).toEqual([`a connection from 127.0.0.1: ${reason}`]);
    eight[0].client.destroy();
    await expect
      .poll(async () => {
        const next = join();
        next.client.write('*OPC?\n');
        await expect.poll(() => next.text).not.toBe('');
        return next.text;
      })
      .toBe('1\r\n');
  });

  test('cuts off a client that sends a line without end', async () => {
    const { join } = await serve();
    const told = join();
    told.client.write('X'.repeat(10_000));
    await expect.poll(() => told.isClosed).toBe(true);
  });

  test('may be a serial line', () => {
    const wire = scpiWire(lab().links.model372);
    let heard = '';
    wire.listen((bytes) => {
      heard += Buffer.from(bytes).toString('latin1');
    });
    wire.send(Buffer.from('SCAN?;*OPC'));
    wire.send(Buffer.from('?\r\n'));
    expect(heard).toBe('06,1;1\r\n');
  });
});
