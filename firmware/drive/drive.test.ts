// Every actuator follows its causes and nothing else: whatever came before, the same causes give the same chip.

import { beforeEach, describe, expect, test } from 'vitest';
import { GuestUnit, millisecond, second } from '../../hil/rig/guest/guest-unit.ts';
import { openReading, Reading } from '../../host/board/surroundings.ts';
import { ACTIVITY, HEATERS, OUTPUTS, RAILS } from '../../protocol/generated/registers.ts';
import { Shed } from '../../protocol/plant/budget.ts';
import { Action, interlockNumber, interlocks } from '../../protocol/plant/interlocks.ts';
import { Channel, Heater, heaterFullScaleMicrowatts, Rail, railMillivolts } from '../../protocol/plant/places.ts';

interface Drive {
  startRails(): void;
  runRails(): void;
  drive(): void;
  railsUp(actions: number): number;
  latchHealth(bits: number): void;
  stateShed(step: number, microwatts: number): void;
  noteRailTrips(): void;
  startThermometry(): void;
  runThermometry(): void;
  requestHeater(heater: number, microwatts: number): number;
  heaterRequestedMicrowatts(heater: number): number;
  holdPlate(microkelvin: number): number;
  plateSetpointMicrokelvin(): number;
  runHeaters(): void;
}

const gates = OUTPUTS.registers.STATE.fields;
const allGates = gates.HEATERS.mask | gates.DAC.mask | gates.MULTIPLEXER.mask;
const allRails = (1 << Rail.COUNT) - 1;
const safeRails = (1 << Rail.CORE) | (1 << Rail.SENSE);
const { PLATE_4K_HOT, CLOCK_GONE, HEATER_RUNAWAY, RAIL_OVER } = interlockNumber;

let unit: GuestUnit<Drive>;
beforeEach(async () => {
  unit = await GuestUnit.of<Drive>('firmware/drive/drive.entry.ts');
  unit.part.startRails();
});

const chip = () => ({
  gates: unit.peek(OUTPUTS, 'STATE'),
  rails: unit.peek(RAILS, 'ENABLE'),
  duty: unit.peek(ACTIVITY, 'DUTY'),
});
const everything = { gates: allGates, rails: allRails, duty: 100 };

/** The rails task runs every three milliseconds for so long. */
function letRun(ns: number): void {
  for (let left = ns; left > 0; left -= 3 * millisecond) {
    unit.part.noteRailTrips();
    unit.part.runRails();
    unit.skip(3 * millisecond);
  }
  unit.part.runRails();
}

describe('rails', () => {
  test('come up one by one, each when those before it are good, and no gate opens before the last', () => {
    const seen: number[][] = [];
    for (let step = 0; step < 30 && unit.part.railsUp(0) === 0; step++) {
      unit.part.runRails();
      seen.push([unit.peek(RAILS, 'ENABLE'), unit.peek(OUTPUTS, 'STATE')]);
      unit.skip(millisecond);
    }
    const rails = [...new Set(seen.map(([on]) => on))];
    expect(rails).toEqual([0b11, 0b111, 0b1111, 0b11111, 0b111111]);
    expect(seen.filter(([, open]) => open !== 0)).toEqual([[allRails, allGates]]);
    expect(unit.events('RAILS_UP')).toHaveLength(1);
  });

  test('one that is not good after ten milliseconds is switched off and tried again a second later', () => {
    unit.setReading(Reading.RAIL_VOLTAGE + Rail.RF, railMillivolts[Rail.RF] * 1150);
    letRun(500 * millisecond);
    expect(unit.events('RAIL_FAILED').map(([rail]) => rail)).toEqual([Rail.RF]);
    expect(chip()).toEqual({ gates: 0, rails: safeRails, duty: 100 });
    letRun(second);
    expect(unit.events('RAIL_FAILED')).toHaveLength(2);
    unit.setReading(Reading.RAIL_VOLTAGE + Rail.RF, undefined);
    letRun(1.2 * second);
    expect(chip()).toEqual(everything);
  });

  test('one that stays too high is not switched on again and again: once a second, and only while it may be on', () => {
    letRun(100 * millisecond);
    unit.setReading(Reading.RAIL_VOLTAGE + Rail.SENSE, railMillivolts[Rail.SENSE] * 1300);
    unit.part.noteRailTrips();
    unit.trip(RAIL_OVER);
    unit.written.length = 0;
    letRun(3 * second);
    const tries = unit.written.filter(({ register, value }) => register === 'RAILS.ENABLE' && (value & 2) !== 0);
    expect(tries.length).toBeGreaterThan(0);
    expect(tries.length).toBeLessThanOrEqual(3);
  });

  test('go down behind their gates, the last to come up first', () => {
    letRun(100 * millisecond);
    unit.trip(PLATE_4K_HOT);
    unit.written.length = 0;
    unit.part.drive();
    const [gate, ...down] = unit.written.filter(({ register }) => /OUTPUTS|RAILS/.test(register));
    expect(gate).toEqual({ register: 'OUTPUTS.DISABLE', value: allGates });
    expect(down.map(({ value }) => value)).toEqual([0b011111, 0b001111, 0b000111, 0b000011]);
    expect(unit.events('SAFE_STATE')).toEqual([[PLATE_4K_HOT, safeRails]]);
  });
});

describe('what is driven', () => {
  /** What the causes alone say, written down once more and otherwise than in the firmware. */
  function expected(tripped: readonly number[], shed: number, latched: number): Record<string, number> {
    const actions = tripped.map((number) => interlocks[number].action);
    const safe = actions.includes(Action.SAFE_STATE);
    const muted = safe || actions.includes(Action.MUTE) || shed >= Shed.MUTED;
    const cold = safe || actions.includes(Action.HEATERS_OFF);
    const open = (muted ? 0 : gates.DAC.mask) | (cold ? 0 : gates.HEATERS.mask) | gates.MULTIPLEXER.mask;
    return {
      gates: safe || latched !== 0 ? 0 : open,
      rails: safe ? safeRails : cold ? allRails & ~(1 << Rail.HEATER) : allRails,
      duty: muted ? 0 : [100, 50, 25][shed],
    };
  }
  const causes = [CLOCK_GONE, HEATER_RUNAWAY, PLATE_4K_HOT];

  test('is the same for the same causes, in whatever order they came and went', () => {
    const tripped = new Set<number>();
    let shed: number = Shed.NOTHING;
    let direction = 1;
    // Every set of trips with every step of shedding, in an order that visits neighbours from many sides.
    for (let turn = 0; turn < 200; turn++) {
      const cause = (turn * 7 + (turn >> 3)) % 4;
      if (cause === 3) {
        if (shed === Shed.NOTHING || shed === Shed.SAFE_STATE) direction = shed === Shed.NOTHING ? 1 : -1;
        shed += direction;
        unit.part.stateShed(shed, 1000);
      } else if (tripped.delete(causes[cause])) {
        unit.clear(causes[cause]);
      } else {
        tripped.add(causes[cause]);
        unit.trip(causes[cause]);
      }
      letRun(40 * millisecond);
      expect(chip(), `${[...tripped]} and step ${shed}`).toEqual(expected([...tripped], shed, 0));
    }
  });

  test.each(interlocks.map(({ name }, number) => [name, number] as const))('comes back after %s', (_name, number) => {
    letRun(100 * millisecond);
    unit.trip(number);
    unit.part.drive();
    expect(chip()).toEqual(expected([number], 0, 0));
    expect(chip()).not.toEqual(everything);
    unit.clear(number);
    letRun(100 * millisecond);
    expect(chip()).toEqual(everything);
  });

  test('is nothing while a start-up check has failed, and nothing opens it', () => {
    unit.part.latchHealth(1 << 5);
    letRun(100 * millisecond);
    expect(chip()).toEqual(expected([], 0, 1));
  });

  test('is written once: a second look with the same causes writes nothing', () => {
    letRun(100 * millisecond);
    unit.trip(CLOCK_GONE);
    unit.part.drive();
    expect(unit.takeWritten()).toContain('ACTIVITY.DUTY');
    unit.part.drive();
    expect(unit.takeWritten()).toEqual([]);
  });

  test('is put right when something else has written the register', () => {
    letRun(100 * millisecond);
    unit.board.machine.poke(ACTIVITY, 'DUTY', 25);
    unit.part.drive();
    expect(chip()).toEqual(everything);
  });
});

describe('heaters', () => {
  const power = (heater: number) =>
    Math.round((unit.peek(HEATERS, 'DUTY', heater) / 0xffff) * heaterFullScaleMicrowatts[heater]);
  const eachSecond = (seconds: number, then = () => {}) => {
    for (let turn = 0; turn < seconds; turn++) {
      unit.skip(500 * millisecond);
      unit.part.runThermometry();
      unit.skip(500 * millisecond);
      unit.part.runThermometry();
      unit.part.drive();
      unit.part.runHeaters();
      then();
    }
  };
  beforeEach(() => {
    letRun(100 * millisecond);
    unit.part.startThermometry();
    eachSecond(2);
  });

  test('are ramped to their request, a tenth of full scale a second, and stay there', () => {
    expect(unit.part.requestHeater(Heater.STILL, 12_000)).toBe(1);
    const powers: number[] = [];
    eachSecond(5, () => powers.push(power(Heater.STILL)));
    expect(powers).toEqual([5000, 10_000, 12_000, 12_000, 12_000]);
  });

  test('are refused more than nine tenths of what they can give', () => {
    expect(unit.part.requestHeater(Heater.MXC, 451)).toBe(0);
    expect(unit.part.requestHeater(Heater.MXC, 450)).toBe(1);
    expect(unit.part.heaterRequestedMicrowatts(Heater.MXC)).toBe(450);
  });

  test('are zero while their thermometer is lost, while anything is tripped, and while their gate is closed', () => {
    const causesOfZero: [() => void, () => void][] = [
      [
        () => unit.setReading(Reading.THERMOMETER + Channel.STILL, openReading),
        () => unit.setReading(Reading.THERMOMETER + Channel.STILL, undefined),
      ],
      [() => unit.trip(CLOCK_GONE), () => unit.clear(CLOCK_GONE)],
      [
        () => unit.setReading(Reading.RAIL_VOLTAGE + Rail.HEATER, railMillivolts[Rail.HEATER] * 1150),
        () => unit.setReading(Reading.RAIL_VOLTAGE + Rail.HEATER, undefined),
      ],
    ];
    unit.part.requestHeater(Heater.STILL, 12_000);
    for (const [happens, ends] of causesOfZero) {
      eachSecond(20);
      expect(power(Heater.STILL)).toBe(12_000);
      happens();
      eachSecond(4);
      expect(power(Heater.STILL)).toBe(0);
      ends();
    }
  });

  test('do not wind up while they are kept off: the plate is not overheated afterwards', () => {
    expect(unit.part.holdPlate(3_200_000)).toBe(1);
    eachSecond(3);
    const before = unit.part.heaterRequestedMicrowatts(Heater.PLATE_4K);
    unit.trip(CLOCK_GONE);
    eachSecond(60);
    unit.clear(CLOCK_GONE);
    eachSecond(1);
    expect(unit.part.heaterRequestedMicrowatts(Heater.PLATE_4K)).toBeLessThan(before + 10_000);
  });

  test('are not asked to hold a plate above ten kelvin', () => {
    expect([unit.part.holdPlate(10_000_001), unit.part.plateSetpointMicrokelvin()]).toEqual([0, 0]);
  });
});
