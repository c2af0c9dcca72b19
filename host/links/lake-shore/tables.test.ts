// The command tables against what the manuals list: nothing is missing, and whatever can be set is given back.

import { afterEach, describe, expect, test } from 'vitest';
import { closeLabs, lab } from '../lab-testing.ts';

afterEach(closeLabs);

/** Commands and queries of the manuals' remote interface chapters, without the common ones of IEEE 488.2. */
const manual336 = `
ALARM ALARM? ALARMST? ALMRST ANALOG ANALOG? AOUT? ATUNE BRIGT BRIGT? CRDG? CRVDEL CRVHDR CRVHDR? CRVPT CRVPT? DFLT DIOCUR DIOCUR?
DISPFLD DISPFLD? DISPLAY DISPLAY? FILTER FILTER? HTR? HTRSET HTRSET? HTRST? IEEE IEEE? INCRV INCRV? INNAME INNAME? INTSEL INTSEL?
INTYPE INTYPE? KRDG? LEDS LEDS? LOCK LOCK? MDAT? MNMXRST MODE MODE? MOUT MOUT? NET NET? NETID? OPST? OPSTE OPSTE? OPSTR? OUTMODE
OUTMODE? PID PID? POLARITY POLARITY? RAMP RAMP? RAMPST? RANGE RANGE? RDGST? RELAY RELAY? RELAYST? SCAL SETP SETP? SRDG? TEMP? TLIMIT
TLIMIT? TUNEST? WARMUP WARMUP? WEBLOG WEBLOG? ZONE ZONE?`;
const manual372 = `
ALARM ALARM? ALARMST? ALMRST ANALOG ANALOG? AOUT? BEEP BEEP? BRIGT BRIGT? CMR CMR? CRVDEL CRVHDR CRVHDR? CRVPT CRVPT? DFLT DISPFLD
DISPFLD? DISPLAY DISPLAY? DOUT DOUT? FILTER FILTER? FREQ FREQ? HTR? HTRSET HTRSET? HTRST? IEEE IEEE? INNAME INNAME? INSET INSET? INTSEL
INTSEL? INTYPE INTYPE? KRDG? LOCK LOCK? MDAT? MNMXRST MODE MODE? MONITOR MONITOR? MOUT MOUT? NET NET? NETID? OPST? OPSTE OPSTE? OPSTR?
OUTMODE OUTMODE? PID PID? QRDG? RAMP RAMP? RAMPST? RANGE RANGE? RDGPWR? RDGR? RDGST? RELAY RELAY? RELAYST? SCAN SCAN? SETP SETP? SRDG?
STILL STILL? TLIMIT TLIMIT? WARMUP WARMUP? WEBLOG WEBLOG? ZONE ZONE?`;
const common = '*CLS *ESE *ESE? *ESR? *IDN? *OPC *OPC? *RST *SRE *SRE? *STB? *TST? *WAI';

const wordsOf = (text: string) => text.trim().split(/\s+/);

/** A first word that chooses something, where there is one to choose. */
const places: Record<string, [string, string]> = {
  input: ['A', '6'],
  output: ['1', '1'],
  analog: ['3', '2'],
  heater: ['1', '1'],
  zone: ['1,2', '1,2'],
  curve: ['50', '50'],
  point: ['50,3', '50,3'],
  relay: ['1', '1'],
  field: ['2', '2'],
};

describe.each([
  ['ls336', manual336, 0],
  ['ls372', manual372, 1],
] as const)('the table of %s', (name, manual, column) => {
  test('knows every command of its manual, and answers every query', () => {
    const both = lab();
    for (const command of wordsOf(`${manual} ${common}`)) {
      if (!command.endsWith('?')) continue;
      const answers = Object.values({ none: ['', ''], ...places }).map(
        (choice) => both[name](`${command} ${choice[column]}`) !== '',
      );
      expect(answers.includes(true), command).toBe(true);
    }
    // A command without words is known, if not followed: an execution error, or none.
    for (const command of wordsOf(`${manual} ${common}`)) {
      if (!command.endsWith('?')) expect(Number(both[name](`${command};*ESR?`)) & 32, command).toBe(0);
    }
  });

  test('gives back what was set, and keeps what was left out', () => {
    const both = lab();
    const ask = both[name];
    const set: [string, string, string][] = [
      ['RELAY 1,2,A,1', 'RELAY? 1', '2,A,1'],
      ['RELAY 1,0,,', 'RELAY? 1', '0,A,1'],
      ['LOCK 1,7', 'LOCK?', '1,007'],
      ['MODE 2', 'MODE?', '2'],
      ['WEBLOG "me","secret"', 'WEBLOG?', 'me,secret'],
      ['CRVHDR 50,"mine","S1",3,300,2', 'CRVHDR? 50', 'mine,S1,3,+300,2'],
      ['CRVPT 50,3,1.25,77', 'CRVPT? 50,3', '+1.25,+77,+0'],
      ['RAMP 1,1,2.5', 'RAMP? 1', '1,+2.5'],
      ['PID 1,12,34,0', 'PID? 1', '+12,+34,+0'],
      ['INNAME 6,"still"', 'INNAME? 6', name === 'ls372' ? 'still' : ''],
    ];
    for (const [command, query, answer] of set) {
      ask(command);
      expect(ask(query), command).toBe(answer);
    }
    for (const curve of [1, 20, 21])
      for (const command of [`CRVHDR ${curve},"mine","S1",3,300,2`, `CRVPT ${curve},1,0.5,77`, `CRVDEL ${curve}`]) {
        const answers = () => ask(`CRVHDR? ${curve};CRVPT? ${curve},1`);
        const before = answers();
        ask('*CLS');
        ask(command);
        expect([ask('*ESR?'), answers()], command).toEqual(['16', before]);
      }
    ask('CRVDEL 50');
    expect(ask('CRVHDR? 50;CRVPT? 50,3')).toBe(`none,,${name === 'ls336' ? 2 : 3},+0,1;+0,+0,+0`);
  });
});

test('a number is decimal: nothing else that a program could take for one changes a setting', () => {
  const { ls336, wait } = lab();
  ls336('*CLS;SETP 1,3.5');
  wait(0.6);
  for (const word of ['0x10', '0b1', '1_0', '3.5K', 'Infinity', 'nan', '.', 'e3', '1e'])
    expect(ls336(`SETP 1,${word};*ESR?`), word).toBe('16');
  wait(0.6);
  expect(Number(ls336('SETP? 1'))).toBe(3.5);
  for (const [word, kelvin] of [
    ['+4.5E+0', 4.5],
    ['.25', 0.25],
    ['5.', 5],
    [' 6 ', 6],
  ] as const) {
    expect(ls336(`SETP 1,${word};*ESR?`), word).toBe('0');
    wait(0.6);
    expect(Number(ls336('SETP? 1'))).toBe(kelvin);
  }
});

test('an alarm comes with a sample, latches, and moves its relay', () => {
  const { ls336, wait } = lab();
  ls336('RELAY 1,2,A,1;ALARM A,1,20,1,0.5,1,1,1');
  expect(ls336('ALARMST? A;RELAYST? 1')).toBe('0,0;0');
  wait(0.2);
  expect(ls336('ALARMST? A;RELAYST? 1')).toBe('1,0;1');
  expect(Number(ls336('OPST?')) & 1).toBe(1);
  ls336('ALARM A,1,100,1,0.5,1,1,1');
  wait(0.2);
  expect(ls336('ALARMST? A')).toBe('1,0');
  ls336('ALMRST');
  wait(0.2);
  expect(ls336('ALARMST? A;RELAYST? 1')).toBe('0,0;0');
});

test('queries change nothing but event registers: a lab that is asked everything goes on as one that is not', () => {
  const [asked, quiet] = [lab(), lab()];
  for (const { ls336, ls372, wait } of [asked, quiet]) {
    ls336('OUTMODE 1,1,2,0;PID 1,50,200,0;RANGE 1,2;SETP 1,3.5');
    ls372('SCAN 6,0;OUTMODE 0,5,6,0,0,0,1;RANGE 0,4;SETP 0,0.03');
    wait(5);
  }
  for (const [name, manual, column] of [
    ['ls336', manual336, 0],
    ['ls372', manual372, 1],
  ] as const)
    for (const command of wordsOf(`${manual} ${common}`).filter((each) => each.endsWith('?')))
      for (const choice of Object.values(places)) asked[name](`${command} ${choice[column]};${command}`);
  for (const { wait } of [asked, quiet]) wait(60);
  expect(asked.cryostat.snapshot()).toEqual(quiet.cryostat.snapshot());
});
