#!/usr/bin/env node
/** The command `ovation`: one name for all that a deployment runs. */
import { commandOf, usage } from "./commands.ts";
import { endOnEarlySignals } from "./early-signals.ts";

/** As the roles have it: wrong settings, and so a wrong command. */
const EXIT_SETTINGS = 2;

endOnEarlySignals();
const choice = commandOf(process.argv.slice(2));
switch (choice.outcome) {
  case "help":
    process.stdout.write(`${usage()}\n`);
    break;
  case "refused":
    process.stderr.write(`${choice.fault}\n`);
    process.exitCode = EXIT_SETTINGS;
    break;
  case "run":
    // The command finds its own flags where it would find them if it were run alone.
    process.argv.splice(2, 1);
    await import(choice.module.href);
}
