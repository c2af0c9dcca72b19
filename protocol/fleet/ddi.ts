// The device API of Eclipse hawkBit (DDI), as far as a device and a server have to agree: words, and the limits of what is read.
//
//   GET   /{tenant}/controller/v1/{device}                                  what is there to do, and when to ask again
//   PUT   …/configData                                                      what the device says about itself
//   GET   …/deploymentBase/{action}        POST …/feedback                  an update
//   GET   …/cancelAction/{action}          POST …/feedback                  to give one up
//   GET   …/confirmationBase/{action}      POST …/feedback                  to be allowed by a person at the device
//   GET   …/softwaremodules/{module}/artifacts/{file}                       the image, in parts if the client wants that
//
// What must stay true: nothing that is read is longer than its limit; a word that is not in these lists is refused with the list.

/** How far a device is with an action. */
export const executions = [
  'closed',
  'proceeding',
  'canceled',
  'scheduled',
  'rejected',
  'resumed',
  'downloaded',
  'download',
] as const;
export type Execution = (typeof executions)[number];

/** How an action that is closed has ended; `none` before. */
export const finishes = ['success', 'failure', 'none'] as const;
export type Finish = (typeof finishes)[number];

export const confirmations = ['confirmed', 'denied'] as const;
export type Confirmation = (typeof confirmations)[number];

/** How attributes of a device are put together with those that are there. */
export const attributeModes = ['merge', 'replace', 'remove'] as const;
export type AttributeMode = (typeof attributeModes)[number];

export const ddiLimits = {
  /** A request to the server. */
  bodyBytes: 64 * 1024,
  /** An answer of the server to a device. */
  answerBytes: 256 * 1024,
  details: 64,
  detailCharacters: 1024,
  attributes: 64,
  attributeNameCharacters: 128,
  attributeCharacters: 512,
  /** A device asks as seldom as once a day. */
  pollSecondsMost: 86_400,
} as const;

/** Header by which an agent of ours says which one it is, `ID PLACE`: a server of ours lets a device have one agent at a time. Other servers pass it by. */
export const agentHeader = 'x-coldrig-agent';
export const agentPattern = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) ([\x21-\x7e]{1,200})$/;

/** Header of an agent of ours that names its process: two at a time with one id are an agent and a copy of its folder, as of a cloned disk. */
export const agentRunHeader = 'x-coldrig-agent-run';
export const agentRunPattern = /^[0-9a-f-]{36}$/;

/** Of HTTP: another agent has the device. */
export const lockedStatus = 423;

export const agentLease = {
  /** An agent that was not heard for so long has left its device to the next one. */
  seconds: 600,
  /** It gives up what it does to its device when the server was not heard for so long: before another can begin. */
  aloneSeconds: 300,
  /** A person gives the device to another agent: so long this one has to hear of it. It asks every few seconds while it works. */
  farewellSeconds: 30,
  /** A request of a process that has died may be read so much later than the first of the next one. */
  lateSeconds: 10,
} as const;

/** Where an Alertmanager tells of alerts. It is taken to be there while it tells of the alert that always fires. */
export const alertInbox = { path: '/alerts', watchdog: 'Watchdog', silenceSeconds: 300, bodyBytes: 1 << 20 } as const;

/** The name of a device at the server: its serial number, or what a foreign device calls itself. */
export const deviceNamePattern = /^[A-Za-z0-9](?:[A-Za-z0-9._:-]{0,62}[A-Za-z0-9])?$/;
