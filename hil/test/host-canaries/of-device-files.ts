// A device in a file.

import type { Defect } from './defect.ts';

export const deviceFileDefects: readonly Defect[] = [
  {
    name: 'a device file answers before its sync',
    promise: 'durable',
    file: 'host/links/device-file/device-file.ts',
    was: `    this.disk.write(file, this.journalEnd, entry);
    this.disk.sync(file);`,
    is: '    this.disk.write(file, this.journalEnd, entry);',
    tests: ['host/links/device-file'],
  },
  {
    name: 'a device file is folded without a word in the journal',
    promise: 'durable',
    file: 'host/links/device-file/device-file.ts',
    was: 'this.appendEntry(foldEntry(this.entryNumber, { digest, fuses: this.known.fuses }));',
    is: 'void foldEntry;',
    tests: ['host/links/device-file'],
  },
  {
    name: 'the name of a new journal is not synced',
    promise: 'durable',
    file: 'host/links/device-file/device-file.ts',
    was: `    disk.syncFolder(this.journalPath);
    this.journalEnd = JOURNAL_HEAD_SIZE;`,
    is: '    this.journalEnd = JOURNAL_HEAD_SIZE;',
    tests: ['host/links/device-file'],
  },
  {
    name: 'a device file is written to after a write that failed',
    promise: 'durable',
    file: 'host/links/device-file/device-file.ts',
    was: 'if (this.failure !== undefined) throw this.failure;\n    this.guarded(() => {\n      if (!this.record(device)) return;',
    is: 'this.guarded(() => {\n      if (!this.record(device)) return;',
    tests: ['host/links/device-file'],
  },
  {
    name: 'a device file that was removed is written to',
    promise: 'durable',
    file: 'host/links/device-file/device-file.ts',
    was: 'if (!this.disk.isAt(this.claim.path, this.claim.file)) throw new VanishedError();',
    is: 'void VanishedError;',
    tests: ['host/links/device-file'],
  },
  {
    name: 'damage in the middle of a journal is taken for its end',
    promise: 'durable',
    file: 'host/links/device-file/reading.ts',
    was: 'fault !== undefined && fault.wholeEntriesBehind > 0;',
    is: 'fault !== undefined && fault.wholeEntriesBehind < 0;',
    tests: ['host/links/device-file'],
  },
];
