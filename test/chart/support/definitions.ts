/**
 * The kinds that the chart makes beyond Kubernetes's own, as their projects define them: the server
 * holds objects of these kinds against these schemas as it does its own.
 */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { tool } from "./helm.ts";

/** Loose, since the server gets the whole. */
const definitionSchema = z.looseObject({
  spec: z.looseObject({ group: z.string(), names: z.looseObject({ plural: z.string() }) }),
});

export const DEFINITIONS = ["httproutes.yaml", "servicemonitors.yaml"].map((file) =>
  definitionSchema.parse(parse(readFileSync(tool(file), "utf8"))),
);
