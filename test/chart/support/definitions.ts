/**
 * The custom resources that the chart creates, as their projects define them: the server validates
 * objects of these kinds against these schemas.
 */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { tool } from "./tools.ts";

/** Loose, since the server gets the complete definition. */
const definitionSchema = z.looseObject({
  spec: z.looseObject({ group: z.string(), names: z.looseObject({ plural: z.string() }) }),
});

export const DEFINITION_FILES = ["httproutes.yaml", "servicemonitors.yaml"];

/** @throws Error if a file is missing, or no definition */
export function readDefinitions(): z.infer<typeof definitionSchema>[] {
  return DEFINITION_FILES.map((file) =>
    definitionSchema.parse(parse(readFileSync(tool(file), "utf8"))),
  );
}
