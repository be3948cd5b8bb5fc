/** The dispatcher as a process: `node dispatcher/main.ts --help`. */
import { runRole } from "../shared/runtime/run.ts";
import { Dispatcher } from "./dispatcher.ts";

await runRole("dispatcher", (id, config, log) => new Dispatcher(id, config, log));
