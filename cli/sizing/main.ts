/**
 * The calculator: what an audience needs.
 *
 *   npx ovation size --viewers 1000000 --videos 1000 --likes 10000
 *
 * Exit codes: 0 success, 1 one video alone is more than a deployment carries, 2 wrong settings.
 */
import { ConfigError } from "../../shared/config/load.ts";
import { EXIT_SETTINGS } from "../../shared/config/process-settings.ts";
import { sizingOf, TooMuch } from "./model.ts";
import { sizingCommand } from "./options.ts";
import { reportText } from "./report.ts";

const EXIT_TOO_MUCH = 1;

try {
  const command = sizingCommand(process.argv.slice(2));
  if (command.outcome === "help") process.stdout.write(`${command.text}\n`);
  else {
    const { json, ...input } = command.options;
    const sizing = sizingOf(input);
    const text = json ? `${jsonText({ input, sizing })}\n` : reportText(input, sizing);
    process.stdout.write(text);
  }
} catch (error) {
  const isTooMuch = error instanceof TooMuch;
  if (!isTooMuch && !(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = isTooMuch ? EXIT_TOO_MUCH : EXIT_SETTINGS;
}

/** As a setting is given: JSON has no infinity. */
function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    one === Number.POSITIVE_INFINITY ? "forever" : one,
  );
}
