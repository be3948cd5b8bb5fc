/** The programs of the image, relative to the root. */
import { COMMANDS } from "../../cli/commands.ts";

export const IMAGE_ENTRIES: readonly string[] = [
  "cli/main.ts",
  "deploy/docker/healthcheck.ts",
  ...COMMANDS.map(({ entry }) => `${entry}.ts`),
];
