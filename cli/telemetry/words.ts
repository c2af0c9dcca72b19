// Telemetry records in words: a line each.

import { InvalidArgumentError } from 'commander';
import type { TelemetryBody, TelemetryRecord } from '../../host/tools/telemetry/envelope.ts';
import type { TelemetryPosition } from '../../host/tools/telemetry/gaps.ts';
import { nameOf } from '../../protocol/constants.ts';
import { channelTable } from '../../protocol/plant/places.ts';
import { EventKind, eventKinds } from '../../protocol/telemetry/events.ts';
import { eventText } from '../run/live-log.ts';
import { causeText, counted, healthText, momentText, slotName, temperatureText, versionText } from '../words.ts';

/** The last part of the number grows with each record, so lines that are sorted by it stand in their order. */
export function recordText(record: TelemetryRecord): string {
  const { boot, sequence, deviceTimeNs, kind, body } = record;
  const number = `${boot}/${sequence}`.padEnd(8);
  return `${number} ${momentText(Number(deviceTimeNs)).padStart(12)}  ${kind.padEnd(9)}  ${bodyText(kind, body)}`;
}

function bodyText(kind: string, body: TelemetryBody): string {
  const number = (name: string) => body[name] as number;
  switch (kind) {
    case 'event':
      return eventOf(number('event'), number('argument0'), number('argument1'));
    case 'boot': {
      const what = `firmware ${versionText(number('version'), number('build'))} from slot ${slotName(number('slot'))}`;
      return `${what}, after ${causeText(number('cause'))}; earlier records ${body.kept === true ? 'were kept' : 'are lost, if there were any'}`;
    }
    case 'heartbeat':
      return `${number('heartbeat')}: ${healthText(number('health'))}; ${temperaturesText(body)}`;
    case 'readout': {
      const snr = body.snrCentidecibel === null ? 'not known' : `${(number('snrCentidecibel') / 100).toFixed(2)} dB`;
      const clipped = number('clippedI') + number('clippedQ');
      return `channel ${number('channel')}: SNR ${snr}, ${number('attenuationDecibel')} dB in front, ${counted(clipped, 'sample')} clipped`;
    }
    case 'dropped': {
      const from = `${number('firstBoot')}/${number('firstSequence')}`;
      const to = `${number('lastBoot')}/${number('lastSequence')}`;
      return `${counted(number('count'), 'record')} dropped because there was no room, from ${from} to ${to}`;
    }
    default:
      return JSON.stringify(body);
  }
}

function eventOf(event: number, argument0: number, argument1: number): string {
  // The live log of a board has other lines for these two.
  if (event === EventKind.BOOT_START) return `the bootloader starts, after ${causeText(argument0)}`;
  if (event === EventKind.BOOT_VERIFY && argument1 === 0) return `slot ${slotName(argument0)} verifies`;
  const name = nameOf(eventKinds, event) ?? `event ${event}`;
  return eventText(event, argument0, argument1) ?? `${name}: ${argument0}, ${argument1}`;
}

function temperaturesText(body: TelemetryBody): string {
  const list = body.temperaturesMicrokelvin as readonly (number | null)[];
  const named = list.map(
    (one, channel) => `${nameOf(channelTable, channel) ?? channel} ${one === null ? '-' : temperatureText(one)}`,
  );
  return named.join(', ');
}

/** BOOT/SEQUENCE, as it is printed. */
export function parsePosition(text: string): TelemetryPosition {
  const [, boot, sequence] = /^(\d{1,10})\/(\d{1,10})$/.exec(text) ?? [];
  if (boot === undefined || Number(boot) >= 2 ** 32 || Number(sequence) >= 2 ** 32)
    throw new InvalidArgumentError('expected the number of a record as it is printed, such as 12/345');
  return { boot: Number(boot), sequence: Number(sequence) };
}
