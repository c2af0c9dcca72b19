import { describe, expect, it } from 'vitest';
import { parseTarget } from './target.ts';

describe('targets', () => {
  const good: [string, object][] = [
    ['udp://127.0.0.1:1337', { kind: 'udp', host: '127.0.0.1', port: 1337 }],
    ['udp://board.lab', { kind: 'udp', host: 'board.lab', port: 1337 }],
    ['udp://[::1]:99', { kind: 'udp', host: '::1', port: 99 }],
    ['UDP://board:5/', { kind: 'udp', host: 'board', port: 5 }],
    ['serial://localhost:7000', { kind: 'tcp', host: 'localhost', port: 7000 }],
    ['serial://[fe80::1]:7000', { kind: 'tcp', host: 'fe80::1', port: 7000 }],
    ['serial:///dev/ttyUSB0', { kind: 'serial', path: '/dev/ttyUSB0', baud: 115_200 }],
    ['serial:///dev/pts/3?baud=1000000', { kind: 'serial', path: '/dev/pts/3', baud: 1_000_000 }],
    ['serial://build/tty', { kind: 'serial', path: 'build/tty' }],
  ];
  it.each(good)('%s', (text, expected) => {
    expect(parseTarget(text)).toMatchObject({ name: text, ...expected });
  });

  const bad: [string, RegExp][] = [
    ['', /has no scheme; expected udp:\/\/host:port, serial:/],
    ['127.0.0.1:1337', /has no scheme/],
    ['tcp://host:1', /has scheme 'tcp'; expected udp/],
    ['udp://', /names no place/],
    ['udp://:1337', /has no host:port/],
    ['udp://host:0', /has port 0; expected 1 to 65535/],
    ['udp://host:65536', /has port 65536/],
    ['udp://host:port', /has no host:port/],
    ['serial://host:99999', /has port 99999/],
    ['serial:///dev/x?speed=9', /query 'speed=9'; expected baud=115200/],
  ];
  it.each(bad)('%s is refused with what was expected', (text, message) => {
    expect(() => parseTarget(text)).toThrow(message);
    expect(() => parseTarget(text)).toThrow(expect.objectContaining({ kind: 'target', name: 'TARGET' }));
  });
});
