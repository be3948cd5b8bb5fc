#!/usr/bin/env node
/** The command `ovation`: one name for everything that a deployment runs. */
import { EXIT_SETTINGS } from "../shared/config/process-settings.ts";
import { VERSION } from "../shared/runtime/version.ts";
import { commandOf, usage } from "./commands.ts";
import { endOnEarlySignals } from "./early-signals.ts";

endOnEarlySignals();
const choice = commandOf(process.argv.slice(2));
switch (choice.outcome) {
  case "help":
    process.stdout.write(`${usage()}\n`);
    break;
  case "version":
    process.stdout.write(`${VERSION}\n`);
    break;
  case "refused":
    process.stderr.write(`${choice.fault}\n`);
    process.exitCode = EXIT_SETTINGS;
    break;
  case "run":
    // The command finds its flags where they would be if it were run on its own.
    process.argv.splice(2, 1);
    await import(choice.module.href);
}
