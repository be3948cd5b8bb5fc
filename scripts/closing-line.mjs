/**
 * Sums up vitest's JSON report in one line, "N passed, N failed", and exits with 1 if anything failed.
 * Plain JavaScript: it must run on the machine's own Node, even if no tests could be run.
 * Argument: the path of the report.
 */
import { readFileSync } from "node:fs";

const [path = ".cache/vitest.json"] = process.argv.slice(2);

function readReport() {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    process.stderr.write(`No test report: ${error.message}\n`);
    return undefined;
  }
}

/** Files that failed as a whole: their tests are in no count. */
function brokenFiles(report) {
  return report.testResults.filter(({ status, assertionResults }) => {
    return status === "failed" && !assertionResults.some((test) => test.status === "failed");
  }).length;
}

function count(report) {
  if (report === undefined) return { passed: 0, failed: 1 };
  const failed = report.numFailedTests + brokenFiles(report);
  // An error outside any test fails the run too.
  return { passed: report.numPassedTests, failed: report.success ? failed : Math.max(failed, 1) };
}

const { passed, failed } = count(readReport());
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
