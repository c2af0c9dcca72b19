// The event recorder: the one way for firmware to leave a trace. It takes EVENT_* kinds of constants.ts with two numbers each.

export { recordEvent } from '../../protocol/guest/record-event';
