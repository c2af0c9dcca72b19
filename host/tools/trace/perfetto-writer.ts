// Writes a trace for ui.perfetto.dev as native TrackEvent protocol buffers: processes with tracks of slices, instants and counters. Nanoseconds stay
// exact. Source of the field numbers: protos/perfetto/trace in the Perfetto repository (trace_packet, track_event, track_descriptor).

import { Message } from './protobuf.ts';

const Trace = { packet: 1 } as const;
const Packet = { timestamp: 8, sequenceId: 10, trackEvent: 11, sequenceFlags: 13, trackDescriptor: 60 } as const;
const Track = { uuid: 1, name: 2, process: 3, parent: 5, counter: 8, rank: 12, ordering: 11 } as const;
const Process = { pid: 1, name: 6 } as const;
const Counter = { unitName: 6 } as const;
const Event = { annotation: 4, type: 9, track: 11, name: 23, counterValue: 30, doubleCounterValue: 44 } as const;
const Annotation = { name: 10, integer: 4, text: 6 } as const;
const EventType = { begin: 1, end: 2, instant: 3, counter: 4 } as const;
const INCREMENTAL_STATE_CLEARED = 1;
const ORDER_EXPLICIT = 3;
const SEQUENCE = 1;

export type Facts = Record<string, number | string>;

export class TraceWriter {
  private readonly trace = new Message();
  private nextTrack = 1;
  private first = true;

  process(name: string, pid: number): number {
    const uuid = this.nextTrack++;
    this.packet(0, (packet) =>
      packet.message(Packet.trackDescriptor, (track) =>
        track
          .unsigned(Track.uuid, uuid)
          .message(Track.process, (process) => process.integer(Process.pid, pid).text(Process.name, name))
          .unsigned(Track.ordering, ORDER_EXPLICIT),
      ),
    );
    return uuid;
  }

  track(parent: number, name: string, unit?: string): number {
    const uuid = this.nextTrack++;
    this.packet(0, (packet) =>
      packet.message(Packet.trackDescriptor, (track) => {
        track.unsigned(Track.uuid, uuid).text(Track.name, name).unsigned(Track.parent, parent);
        if (unit !== undefined) track.message(Track.counter, (counter) => counter.text(Counter.unitName, unit));
        track.integer(Track.rank, uuid);
      }),
    );
    return uuid;
  }

  slice(track: number, name: string, fromNs: number, toNs: number, facts: Facts = {}): void {
    this.begin(track, name, fromNs, facts);
    this.end(track, toNs);
  }

  /** Begins a slice within the one that is open on this track. */
  begin(track: number, name: string, timeNs: number, facts: Facts = {}): void {
    this.event(track, timeNs, EventType.begin, (event) => annotate(event.text(Event.name, name), facts));
  }

  /** Ends the slice that was begun last. */
  end(track: number, timeNs: number): void {
    this.event(track, timeNs, EventType.end, () => {});
  }

  instant(track: number, name: string, timeNs: number, facts: Facts = {}): void {
    this.event(track, timeNs, EventType.instant, (event) => annotate(event.text(Event.name, name), facts));
  }

  counter(track: number, timeNs: number, value: number): void {
    this.event(track, timeNs, EventType.counter, (event) =>
      Number.isInteger(value)
        ? event.integer(Event.counterValue, value)
        : event.double(Event.doubleCounterValue, value),
    );
  }

  encoded(): Uint8Array {
    return this.trace.encoded();
  }

  private event(track: number, timeNs: number, type: number, fill: (event: Message) => void): void {
    this.packet(timeNs, (packet) =>
      packet.message(Packet.trackEvent, (event) => {
        event.unsigned(Event.type, type).unsigned(Event.track, track);
        fill(event);
      }),
    );
  }

  private packet(timeNs: number, fill: (packet: Message) => void): void {
    this.trace.message(Trace.packet, (packet) => {
      packet.unsigned(Packet.timestamp, timeNs).unsigned(Packet.sequenceId, SEQUENCE);
      if (this.first) packet.unsigned(Packet.sequenceFlags, INCREMENTAL_STATE_CLEARED);
      this.first = false;
      fill(packet);
    });
  }
}

function annotate(event: Message, facts: Facts): void {
  for (const [name, value] of Object.entries(facts)) {
    event.message(Event.annotation, (annotation) => {
      annotation.text(Annotation.name, name);
      if (typeof value === 'number') annotation.integer(Annotation.integer, value);
      else annotation.text(Annotation.text, value);
    });
  }
}
