/** The gateway as a process: `node gateway/main.ts --help`. */
import { runRole } from "../shared/runtime/run.ts";
import { Gateway } from "./gateway.ts";

await runRole("gateway", (id, config, log) => new Gateway(id, config, log));
