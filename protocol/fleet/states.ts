// States of a rollout, of its groups (here called rings) and of the actions in them, in the words of Eclipse hawkBit, so that people and programs who
// know one of them read the other. Only the states that are ever seen from outside are here: hawkBit has more for work in the background of its database.
//
//   rollout   WAITING_FOR_APPROVAL ──> READY ──> RUNNING <──> PAUSED            ring     SCHEDULED ──> RUNNING ──> FINISHED
//                     │                             │            │                                        │           │
//                     v                             │            v                                        └──> ERROR <┘
//              APPROVAL_DENIED       FINISHED <─────┴──────> STOPPING ──> STOPPED
//
//   action    RUNNING ──> RETRIEVED ──> DOWNLOAD ──> DOWNLOADED ──> FINISHED | ERROR      and from each of them   CANCELING ──> CANCELED
//             WAIT_FOR_CONFIRMATION ──> RUNNING

/** What each state means. */
export const rolloutStates = {
  WAITING_FOR_APPROVAL: 'A person has to approve it before it may start',
  APPROVAL_DENIED: 'A person has denied it; it never starts',
  READY: 'It may be started',
  RUNNING: 'Devices get the release, ring by ring',
  PAUSED: 'Nothing new begins; what devices have begun goes on',
  STOPPING: 'It has failed or was stopped: devices give up what they have begun, and go back where the plan says so',
  STOPPED: 'No device has anything left to do for it',
  FINISHED: 'Every device of every ring runs the release, and every soak time has passed without an alert',
} as const;

export const ringStates = {
  SCHEDULED: 'Its turn has not come',
  RUNNING: 'Its devices are updated, or its soak time passes',
  FINISHED: 'All of its devices run the release, and its soak time has passed without an alert',
  ERROR: 'A gate was closed: too many devices have failed, or an alert fired',
} as const;

export const actionStates = {
  WAIT_FOR_CONFIRMATION: 'A person at the device has to allow it',
  RUNNING: 'The device is told of it with its next poll',
  RETRIEVED: 'The device has read what it is to do',
  DOWNLOAD: 'The device loads the image',
  DOWNLOADED: 'The device has the image, and brings it to its slot',
  CANCELING: 'The device is told to give it up',
  FINISHED: 'The device runs the image, and has confirmed it',
  ERROR: 'The device does not run the image: it refused it, went back, or could not load it',
  CANCELED: 'The device has given it up, and runs what it ran before',
} as const;

export type RolloutState = keyof typeof rolloutStates;
export type RingState = keyof typeof ringStates;
export type ActionState = keyof typeof actionStates;

/** What a gate looks at. What each compares is in host/fleet/gates/judge.ts. */
export const gates = {
  failures: 'More devices have failed than the ring allows',
  heartbeat: 'A device that was updated sends no heartbeat',
  temperature: 'A stage is warmer than the old image kept it',
  power: 'A device takes more power than under the old image',
  calibration: 'The readout or a calibration is worse than under the old image',
  alert: 'An alert that pages somebody fires, which did not under the old image',
} as const;

export type GateName = keyof typeof gates;
