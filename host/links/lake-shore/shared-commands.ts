// The commands that a Model 336 and a Model 372 have in common, as in their manuals; the other commands are in the tables of the models.
//
// The bench has no keys, display, relays, network or GPIB: their settings are stored and given back, and have no effect. Autotuning and soft
// calibration are not emulated: they are refused, so that no client waits for their end.

import { figuresOf, type LakeShore } from './controller.ts';
import { ScpiError } from './scpi.ts';
import { any, type Field, int, kelvinText, number, on, type Places, type Row, real, text } from './table.ts';

/** The places of these commands, besides the inputs and outputs of a model. */
export const sharedPlaces: Places = {
  curve: [int(1, 59)],
  point: [int(1, 59), int(1, 200)],
  relay: [int(1, 2)],
  field: [int(1, 8)],
};

/** Name, serial number, format, limit, coefficient. A 336 has formats for volts, which a 372 has not. */
export const curveHeader = (format: Field): Row<LakeShore> => ({
  ...{ name: 'CRVHDR', of: 'curve', fields: [text(15), text(10), format, real(0, 1500), int(1, 2)] },
  starts: (i, place) => i.curveHeader(Number(place)),
  set: (i, place) => i.refuseFixedCurve('CRVHDR', place),
});

export const sharedCommands: readonly Row<LakeShore>[] = [
  // Readings.
  { name: 'KRDG', of: 'input', get: (i, place) => i.each(place, ({ kelvin }) => kelvinText(kelvin)) },
  { name: 'SRDG', of: 'input', get: (i, place) => i.each(place, ({ signal }) => number(signal)) },
  { name: 'RDGST', of: 'input', get: (i, place) => i.each(place, ({ status }) => String(status)) },
  { name: 'MDAT', of: 'input', get: (i, place) => i.input(place).extremes.map(kelvinText).join(',') },
  { name: 'MNMXRST', set: (i) => i.forgetExtremes() },
  // Inputs.
  { name: 'INNAME', of: 'input', fields: [text(15)], starts: (i, place) => i.input(place).name },
  { name: 'TLIMIT', of: 'input', fields: [real(0, 1500)], starts: '+0' },
  // Outputs and their loops.
  {
    ...{ name: 'SETP', of: 'output', fields: [any], starts: '+0' },
    get: (i, place) => kelvinText(i.setpoint(place)),
    set: (i, place, [value]) => i.setSetpoint(place, Number(value)),
  },
  {
    ...{ name: 'PID', of: 'output', fields: [real(0, 1000), real(0, 10_000), real(0, 2500)] },
    get: (i, place) => i.gainWords(i.output(place)).map(number).join(','),
    starts: (i, place) => i.gainWords(i.output(place)).map(number).join(','),
    set: (i, place, words) => {
      i.output(place).loop.gains = i.gainsOf(figuresOf(words));
    },
  },
  { name: 'HTR', of: 'output', get: (i, place) => number(i.output(place).loop.outputPercent) },
  { name: 'HTRST', of: 'output', get: () => '0' },
  {
    ...{ name: 'MOUT', of: 'output', fields: [real(0, 100)] },
    get: (i, place) => number(i.output(place).loop.manualPercent),
    set: (i, place, [value]) => {
      i.output(place).loop.manualPercent = Number(value);
    },
  },
  {
    ...{ name: 'RAMP', of: 'output', fields: [on, real(0, 100)], starts: '0,+0' },
    set: (i, place, [isOn, rate]) => {
      const { loop } = i.output(place);
      loop.rampOn = isOn === '1';
      loop.rampKelvinPerMinute = Number(rate);
    },
  },
  { name: 'RAMPST', of: 'output', get: (i, place) => String(Number(i.output(place).loop.isRamping)) },
  {
    ...{ name: 'RANGE', of: 'output', fields: [int(0, 8)], starts: '0' },
    get: (i, place) => String(i.output(place).loop.range),
    set: (i, place, [range]) => i.setRange(place, Number(range)),
  },
  { name: 'AOUT', of: 'output', get: (i, place) => number(i.output(place).loop.outputPercent) },
  {
    ...{ name: 'ATUNE', of: 'output', fields: [int(0, 3)], isCommandOnly: true },
    set: () => {
      throw new ScpiError('execution', 'autotuning is not emulated; set PID');
    },
  },
  { name: 'TUNEST', get: () => '0,0,0,0' },
  // Alarms and relays.
  { name: 'ALARMST', of: 'input', get: (i, place) => i.alarms.state(place) },
  { name: 'ALMRST', set: (i) => i.alarms.clear() },
  { name: 'RELAY', of: 'relay', fields: [int(0, 4), text(2), int(0, 2)], starts: '0,A,0' },
  { name: 'RELAYST', of: 'relay', get: (i, place) => i.alarms.relay(i.settings('RELAY', place)) },
  // Curves: those of the sensors have the numbers from 21 on, one per input; others of users can be written and read. Each model's table has the header.
  {
    ...{ name: 'CRVPT', of: 'point', fields: [any, real(0, 1500), any] },
    starts: (i, place) => i.curvePoint(...(place.split(',').map(Number) as [number, number])),
    set: (i, place) => i.refuseFixedCurve('CRVPT', place),
  },
  { name: 'CRVDEL', of: 'curve', set: (i, place) => i.deleteCurve(place) },
  {
    ...{ name: 'DFLT', fields: [int(99, 99)], isCommandOnly: true },
    set: (i) => i.factoryDefaults(),
  },
  // Front panel and interfaces of the instrument.
  { name: 'LOCK', fields: [on, int(0, 999, 3)], starts: '0,123' },
  { name: 'MODE', fields: [int(0, 2)], starts: '1' },
  { name: 'INTSEL', fields: [int(0, 2)], starts: '1' },
  {
    ...{ name: 'NET', fields: [on, on, ...Array.from({ length: 5 }, () => text(15)), text(15), text(64), text(32)] },
    starts: '0,0,127.0.0.1,255.0.0.0,0.0.0.0,0.0.0.0,0.0.0.0,coldrig,local,emulated instrument',
  },
  { name: 'NETID', get: () => '2,127.0.0.1,255.0.0.0,0.0.0.0,0.0.0.0,0.0.0.0,00:00:00:00:00:00,coldrig,local' },
  { name: 'WEBLOG', fields: [text(15), text(15)], starts: 'user,user' },
  { name: 'BRIGT', fields: [int(0, 3)], starts: '2' },
  { name: 'DISPFLD', of: 'field', fields: [int(0, 17), int(1, 6)], starts: '1,1' },
];
