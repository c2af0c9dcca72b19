// Defects of host programs, made on purpose: each breaks one promise to a user in one place, and a test of the suite must find it.
//
// What must stay true: `was` is found once in its file, so that a defect never silently changes nothing; `is` compiles, so that what fails is a promise, not the loading of a file.

export interface Defect {
  name: string;
  promise: Promise;
  file: string;
  was: string;
  is: string;
  /** Where it must be found: at least one test of these fails. */
  tests: readonly string[];
}

/** What a user was promised, in words. */
export const promises = {
  durable: 'what was acknowledged is on disk, also after kill -9 and a loss of power',
  once: 'no record is lost without a word, none comes twice, each device keeps its order',
  rings: 'a bad release stops in its first ring, and the devices that have it go back',
  judged: 'no ring goes on while its gates find a device bad, or nobody has judged it',
  audited: 'nothing is in force without its entry in the audit log, and nobody changes the log unseen',
  permitted: 'what the policy does not permit is refused; who approves is not who has asked',
  trusted: 'a device installs only what enough keys have signed, nothing that is older, and nothing that has expired',
  known: 'only a device that proves who it is and what it runs gets a certificate, and none that was revoked',
  agent: 'one agent for a device; what an agent has begun, it ends, and says how',
  calibrated:
    'a calibration by an event: one a device, with a credential, until its deadline, and none after two failures',
} as const;

type Promise = keyof typeof promises;
