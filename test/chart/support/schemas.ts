/** Schemas for kubeconform: of a Kubernetes version's own kinds, and of the kinds that others define. */
import { readFileSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { readDefinitions } from "./definitions.ts";
import { tool } from "./tools.ts";

/** How kubeconform finds the schema of an object in such a folder. */
export const SCHEMA_NAME = "{{.Group}}_{{.ResourceAPIVersion}}_{{.ResourceKind}}.json";

const kindSchema = z.object({ group: z.string(), version: z.string(), kind: z.string() });
const swaggerSchema = z.object({
  definitions: z.record(
    z.string(),
    z.looseObject({
      properties: z.record(z.string(), z.unknown()).optional(),
      format: z.string().optional(),
      "x-kubernetes-group-version-kind": z.array(kindSchema).optional(),
    }),
  ),
});

/** The core has no group; kubeconform takes its version for one. */
const fileName = (group: string, version: string, kind: string) =>
  `${group || version}_${version}_${kind.toLowerCase()}.json`;

/** @returns a new folder, which the caller removes */
export async function writeSchemas(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ovation-schemas-"));
  const swagger = swaggerSchema.parse(JSON.parse(readFileSync(tool("swagger.json"), "utf8")));
  const definitions: Record<string, object> = {};
  for (const [name, definition] of Object.entries(swagger.definitions)) {
    definitions[name] = strict(definition);
    for (const { group, version, kind } of definition["x-kubernetes-group-version-kind"] ?? []) {
      const schema = { $ref: `definitions.json#/definitions/${name}` };
      await writeFile(join(folder, fileName(group, version, kind)), JSON.stringify(schema));
    }
  }
  await writeFile(join(folder, "definitions.json"), JSON.stringify({ definitions }));
  for (const { spec } of readDefinitions()) {
    for (const { name, schema } of spec.versions) {
      const path = join(folder, fileName(spec.group, name, spec.names.kind));
      await writeFile(path, JSON.stringify(schema.openAPIV3Schema));
    }
  }
  return folder;
}

/** A definition that refuses unknown fields; in JSON Schema's terms where Kubernetes has its own. */
function strict(definition: z.infer<typeof swaggerSchema>["definitions"][string]): object {
  const { format, ...rest } = definition;
  if (format === "int-or-string") return { type: ["integer", "string"] };
  return definition.properties === undefined ? rest : { ...rest, additionalProperties: false };
}
