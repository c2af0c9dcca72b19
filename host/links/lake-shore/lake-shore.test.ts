// A Model 336 and a Model 372 on an emulated fridge, asked as a lab's script asks them: sensors, loops, the scanner, and what is switched off.

import { afterEach, describe, expect, test } from 'vitest';
import { SensorFault } from '../../plant/cryostat/cryostat.ts';
import { closeLabs, lab } from '../lab-testing.ts';

afterEach(closeLabs);

describe('a Model 336', () => {
  test('reads the plates, and says what is on its inputs', () => {
    const { ls336, cryostat, wait } = lab();
    wait(1);
    expect(ls336('*IDN?')).toMatch(/^LSCI,MODEL336,/);
    expect(Number(ls336('KRDG? A'))).toBeCloseTo(cryostat.temperatureKelvin('50K'), 1);
    expect(Number(ls336('KRDG? B'))).toBeCloseTo(cryostat.temperatureKelvin('4K'), 1);
    expect(ls336('KRDG? 0').split(',').length).toBe(4);
    expect(ls336('RDGST? A')).toBe('0');
    expect(ls336('CRVHDR? 21')).toBe('DT-670,standard,2,+500,1');
    expect(Number(ls336('SRDG? A'))).toBeGreaterThan(1);
  });

  test('holds 4K at a set point through its PID loop, and lets go when switched off', () => {
    const { ls336, cryostat, wait } = lab();
    for (const command of ['OUTMODE 1,1,2,0', 'PID 1,50,200,0', 'RANGE 1,2', 'SETP 1,3.5']) ls336(command);
    wait(60);
    expect(cryostat.temperatureKelvin('4K')).toBeCloseTo(3.5, 2);
    expect(Number(ls336('HTR? 1'))).toBeGreaterThan(25);
    // What the loop found is what the fridge takes at 3.5 K.
    expect(cryostat.heatWatts('heater', '4K')).toBeGreaterThan(0.2);
    ls336('RANGE 1,0');
    wait(30);
    expect(cryostat.heatWatts('heater', '4K')).toBe(0);
    expect(cryostat.temperatureKelvin('4K')).toBeLessThan(3.1);
  });

  test('gives the old set point right after a new one, as the real one does, and the new one half a second later', () => {
    const { ls336, wait } = lab();
    ls336('SETP 1,3.5');
    wait(0.1);
    expect(Number(ls336('SETP? 1'))).toBe(0);
    wait(0.4);
    expect(Number(ls336('SETP? 1'))).toBe(3.5);
  });

  test('ramps a set point at its rate, and says so meanwhile', () => {
    const { ls336, wait } = lab();
    ls336('RAMP 1,1,6');
    for (const command of ['OUTMODE 1,1,2,0', 'RANGE 1,2', 'SETP 1,3.5']) ls336(command);
    wait(3);
    expect(ls336('RAMPST? 1')).toBe('1');
    const between = Number(ls336('SETP? 1'));
    expect(between).toBeGreaterThan(3.1);
    expect(between).toBeLessThan(3.45);
    wait(10);
    expect(ls336('RAMPST? 1')).toBe('0');
    expect(Number(ls336('SETP? 1'))).toBe(3.5);
  });

  test('does not wind up: after minutes at full power it comes down to its set point at once', () => {
    const { ls336, cryostat, wait } = lab();
    // The low range cannot reach 3.9 K.
    for (const command of ['OUTMODE 1,1,2,0', 'PID 1,50,200,0', 'RANGE 1,1', 'SETP 1,3.9']) ls336(command);
    wait(300);
    expect(Number(ls336('HTR? 1'))).toBe(100);
    ls336('SETP 1,3.2');
    wait(20);
    expect(Number(ls336('HTR? 1'))).toBeLessThan(100);
    expect(cryostat.temperatureKelvin('4K')).toBeCloseTo(3.2, 1);
  });

  test('stops heating above its temperature limit, and when it loses the sensor it regulates by', () => {
    const { ls336, cryostat, wait } = lab();
    for (const command of ['OUTMODE 1,3,2,0', 'MOUT 1,60', 'RANGE 1,3', 'TLIMIT B,4.0']) ls336(command);
    wait(30);
    expect(ls336('RANGE? 1')).toBe('0');
    for (const command of ['TLIMIT B,0', 'OUTMODE 1,1,2,0', 'RANGE 1,2', 'SETP 1,3.5']) ls336(command);
    wait(30);
    expect(Number(ls336('HTR? 1'))).toBeGreaterThan(10);
    const channel = cryostat.sensors.findIndex(({ name }) => name === '4K plate');
    cryostat.setSensorFault(channel, SensorFault.OPEN);
    wait(1);
    expect(ls336('HTR? 1')).toBe('+0');
    expect(ls336('RDGST? B')).toBe('129');
    expect(Number(ls336('KRDG? B'))).toBe(0);
    cryostat.setSensorFault(channel, SensorFault.SHORT);
    wait(1);
    expect(ls336('RDGST? B')).toBe('65');
  });
});

describe('a Model 372', () => {
  test('tells only what a bridge has: curves in ohms, and a control input excited by a current', () => {
    const { ls372 } = lab();
    ls372('*CLS');
    for (let curve = 1; curve <= 59; curve++)
      expect(ls372(`CRVHDR? ${curve}`), `curve ${curve}`).toMatch(/^[^,]*,[^,]*,[34],/);
    expect(ls372('CRVHDR 50,volts,S1,2,300,1;*ESR?')).toBe('16');
    expect(ls372('INTYPE? A')).toMatch(/^1,[1-6],/);
    for (const refused of ['A,0,2,1,15,0,1', 'A,1,7,1,15,0,1', '6,0,13,1,15,0,1', '6,0,0,1,15,0,1', '6,1,23,1,15,0,1'])
      expect(ls372(`INTYPE ${refused};*ESR?`), refused).toBe('16');
    expect(ls372('INTYPE 6,1,22,1,15,0,1;*ESR?;INTYPE? 6')).toBe('0;1,22,1,15,0,1');
  });

  test('understands what programs of laboratories ask: a reading as on a 370, the sample heater without its number', () => {
    const { ls372, wait } = lab();
    wait(1);
    expect(ls372('RDGK? 6')).toBe(ls372('KRDG? 6'));
    ls372('PID 0,12,34,5');
    expect(ls372('PID?')).toBe('+12,+34,+5');
    expect(ls372('HTR?')).toBe(ls372('HTR? 0'));
    // As KRDG? has it, and as the manual writes all exponents.
    expect(ls372('RDGPWR? 6')).toMatch(/^\+[\d.]+E-\d+$/);
  });

  test('scans: a channel shows what it was when the scanner was last there', () => {
    const { ls372, cryostat, wait } = lab();
    const before = Number(ls372('KRDG? 2'));
    cryostat.setHeat('fault', '4K', 0.3);
    wait(4);
    expect(ls372('SCAN?')).toBe('06,1');
    expect(Number(ls372('KRDG? 2'))).toBe(before);
    wait(60);
    expect(Number(ls372('KRDG? 2'))).toBeGreaterThan(before + 0.4);
  });

  test('goes on after dwell and pause, over the channels that are enabled', () => {
    const { ls372, wait } = lab();
    for (const channel of [1, 2, 4, 5, 6]) ls372(`INSET ${channel},${channel > 4 ? 1 : 0},2,3,${20 + channel},1`);
    ls372('SCAN 5,1');
    wait(0.5);
    expect(ls372('SCAN?')).toBe('05,1');
    wait(5);
    expect(ls372('SCAN?')).toBe('06,1');
    wait(5);
    expect(ls372('SCAN?')).toBe('05,1');
  });

  test('has nothing on the other channels, and says so as the real one does', () => {
    const { ls372 } = lab();
    expect(Number(ls372('KRDG? 9'))).toBe(0);
    expect(ls372('RDGST? 9')).toBe('16');
  });

  test('heats the mixing chamber with its sample heater, and the still through STILL', () => {
    const { ls372, cryostat, wait } = lab();
    // 10 mW are left on by the operator.
    expect(cryostat.heatWatts('heater', 'Still')).toBeCloseTo(0.01, 6);
    for (const command of ['OUTMODE 0,2,6,0,0,0,1', 'RANGE 0,4', 'MOUT 0,50']) ls372(command);
    ls372('STILL 19');
    wait(3600);
    // (0.5 · 1 mA)² · 120 Ω, and (1.9 V)² / 120 Ω.
    expect(cryostat.heatWatts('heater', 'MXC')).toBeCloseTo(30e-6, 9);
    expect(cryostat.heatWatts('heater', 'Still')).toBeCloseTo(0.0301, 4);
    expect(cryostat.temperatureKelvin('MXC')).toBeCloseTo(0.0234, 3);
  });

  test('holds the mixing chamber at 30 mK', () => {
    const { ls372, cryostat, wait } = lab();
    for (const command of ['SCAN 6,0', 'OUTMODE 0,5,6,0,0,0,1', 'PID 0,1000,100,0', 'RANGE 0,4', 'SETP 0,0.03'])
      ls372(command);
    wait(1200);
    expect(Math.abs(cryostat.temperatureKelvin('MXC') - 0.03)).toBeLessThan(3e-4);
  });
});

describe('what is switched off', () => {
  test('reads nothing on a 336, and says that it is invalid', () => {
    const { ls336, wait } = lab();
    wait(1);
    ls336('INTYPE A,0,0,0,0,1');
    wait(0.2);
    expect(ls336('KRDG? A;SRDG? A;RDGST? A')).toBe('+0.00000E+00;+0;1');
    expect(Number(ls336('KRDG? B'))).toBeGreaterThan(2);
    ls336('INTYPE A,1,1,0,0,1');
    wait(0.2);
    expect(Number(ls336('KRDG? A'))).toBeGreaterThan(30);
  });

  test.each([
    ['a disabled channel', 'INSET 6,0,2,3,26,1'],
    ['the scanner stopped elsewhere', 'SCAN 5,0'],
  ])('reads nothing on a 372, and says so: %s', (_, command) => {
    const { ls372, wait } = lab();
    wait(30);
    expect(Number(ls372('KRDG? 6'))).toBeGreaterThan(0.002);
    ls372(command);
    wait(0.2);
    expect(ls372('KRDG? 6;RDGR? 6;RDGST? 6')).toBe('+0.00000E+00;+0;128');
    ls372('INSET 6,1,2,3,26,1;SCAN 6,1');
    wait(5);
    expect(Number(ls372('KRDG? 6'))).toBeGreaterThan(0.002);
    expect(ls372('RDGST? 6')).toBe('0');
  });

  test('is no sensor for a loop: what regulated by it stops heating', () => {
    const { ls336, wait } = lab();
    for (const command of ['OUTMODE 1,1,2,0', 'PID 1,50,200,0', 'RANGE 1,2', 'SETP 1,3.5']) ls336(command);
    wait(30);
    expect(Number(ls336('HTR? 1'))).toBeGreaterThan(10);
    ls336('INTYPE B,0,0,0,0,1');
    wait(0.3);
    expect(ls336('HTR? 1')).toBe('+0');
  });
});
