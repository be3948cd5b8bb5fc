/** The role that sends webhooks, as a process: `node hooks/main.ts --help`. */
import { runRole } from "../shared/runtime/run.ts";
import { Hooks } from "./hooks.ts";

await runRole("hooks", (id, config, log) => new Hooks(id, config, log));
