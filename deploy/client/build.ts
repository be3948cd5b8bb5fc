/** Builds the client that gateways serve: `node deploy/client/build.ts [FOLDER]`. */
import { buildClient } from "./bundle.ts";

await buildClient(process.argv[2]);
