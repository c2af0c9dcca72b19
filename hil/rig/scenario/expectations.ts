// The conditions of scenarios, by what they are about. Those for a `Rig` ask the device over its wire; those for an `InsideRig` look at the board.

import type { StageName } from '../../../host/plant/cryostat/stages.ts';
import type { ImageState } from '../../../host/tools/smp/index.ts';
import { nameOf } from '../../../protocol/constants.ts';
import { bootDecisions } from '../../../protocol/image/boot-state.ts';
import { rejectReasons } from '../../../protocol/image/reasons.ts';
import type { EventKind } from '../../../protocol/telemetry/events.ts';
import type { Beat } from '../../../protocol/telemetry/heartbeat.ts';
import type { BootReport, SlotName } from '../boot-report.ts';
import { timeText } from '../time.ts';
import { type Condition, isWanted, type Seen, type Wanted, wantedText } from './condition.ts';
import type { InsideRig } from './inside.ts';
import type { Rig } from './rig.ts';

type Flags = Partial<Pick<ImageState, 'slot' | 'active' | 'confirmed' | 'pending' | 'permanent'>>;

// --- over the wire -----------------------------------------------------------------------------------------------------

/** This version runs, with these flags in the device's list of images. */
export function runs(version: string, flags: Flags = {}): Condition<Rig> {
  const wanted: Flags = { active: true, ...flags };
  return {
    expected: `${version} runs${detailText(flags)}`,
    look: async (rig) => {
      const images = await rig.images();
      const ok = images.some((image) => image.version === version && matches(image, wanted));
      return { ok, seen: images.length === 0 ? 'no image' : images.map(imageText).join('; ') };
    },
  };
}

/** A word of the heartbeat record, asked over SMP. */
export function heartbeat(word: keyof typeof Beat, wanted: Wanted): Condition<Rig> {
  return {
    expected: `heartbeat ${word} ${wantedText(wanted)}`,
    look: async (rig) => numberSeen(await rig.heartbeat(word), wanted),
  };
}

/** The health word is 0: nothing keeps the firmware from being confirmed. */
export const healthy = (): Condition<Rig> => heartbeat('HEALTH', 0);

/** The newest boot in the device's log decided this, and keeps this reason for a slot. */
export function booted(decision: string, reason?: string): Condition<Rig> {
  return {
    expected: `the newest boot decided ${decision}${reason === undefined ? '' : `, with reason ${reason} kept`}`,
    look: async (rig) => {
      const newest = (await rig.bootLog()).at(-1);
      if (newest === undefined) return { ok: false, seen: 'an empty boot log' };
      const decided = nameOf(bootDecisions, newest.decision);
      const reasons = newest.reasons.map((each) => nameOf(rejectReasons, each) ?? `${each}`);
      const ok = decided === decision && (reason === undefined || reasons.includes(reason));
      return { ok, seen: `${decided}, reasons ${reasons.join(' and ')}` };
    },
  };
}

// --- inside ------------------------------------------------------------------------------------------------------------

/** An event was recorded since the scenario began, or after `since` (a `rig.now`); with this first argument where one is given. */
export function event(
  kind: keyof typeof EventKind,
  options: { argument?: number; since?: number } = {},
): Condition<InsideRig> {
  const { argument, since = Number.NEGATIVE_INFINITY } = options;
  return {
    expected: `event ${kind}${argument === undefined ? '' : ` ${argument}`}${options.since === undefined ? '' : ` after ${timeText(since)}`}`,
    look: (rig) => {
      const found = rig
        .events(kind)
        .find((each) => each.timeNs > since && (argument === undefined || each.argument0 === argument));
      if (found)
        return {
          ...{ ok: true, atNs: found.timeNs },
          seen: `at ${timeText(found.timeNs)}, arguments ${found.argument0} and ${found.argument1}`,
        };
      const others = [...new Set(rig.events().map(({ name }) => name))];
      return { ok: false, seen: others.length === 0 ? 'no event' : `only ${others.join(', ')}` };
    },
  };
}

/** The chip's own recorder holds such an event, also from before its last reset. */
export function remembers(kind: keyof typeof EventKind): Condition<InsideRig> {
  return {
    expected: `the recorder of the chip holds ${kind}`,
    look: (rig) => {
      const count = rig.remembered(kind).length;
      return { ok: count > 0, seen: `${count} of them` };
    },
  };
}

/** The states of slots in flash: `slots({ A: 'CONFIRMED', B: 'REJECTED WATCHDOG' })`. A trial has its boots left: `TRIAL 2`. */
export function slots(wanted: Partial<Record<SlotName, string>>): Condition<InsideRig> {
  return {
    expected: slotsText(wanted),
    look: ({ slots: seen }) => ({
      ok: (Object.keys(wanted) as SlotName[]).every((slot) => seen[slot] === wanted[slot]),
      seen: slotsText(seen),
    }),
  };
}

/** What the bootloader did in the last boot; only what is given is compared. */
export function lastBoot(wanted: Partial<BootReport>): Condition<InsideRig> {
  const text = (report: Partial<BootReport>) =>
    Object.entries(report)
      .map(([key, value]) => `${key} ${Array.isArray(value) ? `[${value.join(', ')}]` : value}`)
      .join(', ');
  return {
    expected: `last boot: ${text(wanted)}`,
    look: ({ lastBoot: seen }) => ({
      ok: (Object.keys(wanted) as (keyof BootReport)[]).every((key) => `${seen[key]}` === `${wanted[key]}`),
      seen: text(seen),
    }),
  };
}

/** A register by name: `register('RAILS.ENABLE', 3)`, `register('INTERLOCK.TRIPPED', { atLeast: 1 })`. */
export function register(name: string, wanted: Wanted): Condition<InsideRig> {
  return {
    expected: `${name} ${wantedText(wanted)}`,
    look: (rig) => {
      const value = rig.register(name);
      return { ok: isWanted(value, wanted), seen: `${value} (0x${value.toString(16)})` };
    },
  };
}

/** All output gates are closed. */
export const outputsClosed = (): Condition<InsideRig> => register('OUTPUTS.STATE', 0);

/** No stage is warmer than it may ever be, or only this one is looked at. */
export function coldEnough(stage: StageName): Condition<InsideRig> {
  return {
    expected: `the ${stage} stage below what it may ever be`,
    look: (rig) => {
      const [now, most] = [rig.kelvin(stage), rig.safeKelvin(stage)];
      return { ok: now < most, seen: `${now.toFixed(4)} K of ${most} K` };
    },
  };
}

/** The firmware runs and sends heartbeats: another one has come since the first look. */
export function beats(): Condition<InsideRig> {
  let first: number | undefined;
  return {
    expected: 'heartbeats of the firmware',
    look: (rig) => {
      const number = rig.beat('SEQUENCE');
      first ??= number;
      return { ok: rig.view.state === 'firmware' && number !== first, seen: `${rig.view.state}, heartbeat ${number}` };
    },
  };
}

function numberSeen(value: number, wanted: Wanted): Seen {
  return { ok: isWanted(value, wanted), seen: `${value}` };
}

function matches(image: ImageState, flags: Flags): boolean {
  return (Object.keys(flags) as (keyof Flags)[]).every((flag) => image[flag] === flags[flag]);
}

function detailText(flags: Flags): string {
  const texts = Object.entries(flags).map(([flag, value]) =>
    typeof value === 'boolean' ? `${value ? '' : 'not '}${flag}` : `${flag} ${value}`,
  );
  return texts.length === 0 ? '' : ` (${texts.join(', ')})`;
}

function imageText({ slot, version, active, confirmed, pending }: ImageState): string {
  const flags = [active && 'active', confirmed && 'confirmed', pending && 'pending'].filter(Boolean);
  return `slot ${slot}: ${version}${flags.length === 0 ? '' : ` (${flags.join(', ')})`}`;
}

const slotsText = (states: Partial<Record<SlotName, string>>): string =>
  Object.entries(states)
    .map(([slot, state]) => `${slot} ${state}`)
    .join(', ');
