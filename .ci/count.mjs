// Adds up what the test runner and the interop run reported, and prints it as CI reads it.
// Exits 1 when something failed, or when nothing ran.

import { existsSync, readFileSync } from 'node:fs';

const reports = ['build/test.json', 'build/package-test.json', 'build/interop.json', 'build/browser-test.json'];
let [passed, failed, skipped] = [0, 0, 0];
for (const path of reports.filter((report) => existsSync(report))) {
  const report = JSON.parse(readFileSync(path, 'utf8'));
  passed += report.numPassedTests;
  failed += report.numFailedTests + (report.numFailedTestSuites > 0 && report.numFailedTests === 0 ? 1 : 0);
  skipped += report.numPendingTests ?? 0;
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
