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
  spec: z.looseObject({
    group: z.string(),
    names: z.looseObject({ kind: z.string(), plural: z.string() }),
    versions: z.array(
      z.looseObject({ name: z.string(), schema: z.looseObject({ openAPIV3Schema: z.unknown() }) }),
    ),
  }),
});
type Definition = z.infer<typeof definitionSchema>;

export const DEFINITION_FILES = [
  "httproutes.yaml",
  "servicemonitors.yaml",
  "prometheusrules.yaml",
  "scaledobjects.yaml",
];

/** Of the examples' extra objects, which the chart only passes on: the server takes any content. */
const FOREIGN = [
  ["cloud.google.com", "v1", "BackendConfig"],
  ["networking.gke.io", "v1", "ManagedCertificate"],
  ["cert-manager.io", "v1", "Certificate"],
] as const;

/** @throws Error if a file is missing, or no definition */
export function readDefinitions(): Definition[] {
  const published = DEFINITION_FILES.map((file) => parse(readFileSync(tool(file), "utf8")));
  return [...published, ...FOREIGN.map(foreign)].map((one) => definitionSchema.parse(one));
}

function foreign([group, version, kind]: (typeof FOREIGN)[number]): object {
  const plural = `${kind.toLowerCase()}s`;
  const schema = {
    openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural },
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  };
}
