/** The document of kinds as a YAML file: read with all its faults, and written. */
import { readFile } from "node:fs/promises";
import { parseDocument, stringify } from "yaml";
import { faultText, parseKinds } from "../../shared/protocol/kinds-document.ts";

/** A file that can't be applied. The message names all faults. */
export class FileRefused extends Error {
  override readonly name = "FileRefused";

  constructor(file: string, faults: readonly string[]) {
    const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
    super([`${file} has ${count}; nothing was changed:`, ...faults].join("\n  - "));
  }
}

/**
 * Reads and checks a file of YAML or JSON.
 * @throws FileRefused
 */
export async function readKinds(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new FileRefused(file, [`can't be read: ${String(error)}`]);
  });
  const parsed = parseDocument(text);
  if (parsed.errors.length > 0) {
    throw new FileRefused(
      file,
      parsed.errors.map(({ message }) => message.split("\n")[0] ?? ""),
    );
  }
  const document: unknown = parsed.toJS();
  const kinds = parseKinds(document);
  if ("faults" in kinds) throw new FileRefused(file, kinds.faults.map(faultText));
  return document;
}

/** The document as a file. */
export function writtenKinds(document: unknown, revision: number): string {
  return `# Revision ${revision}.\n${stringify(document)}`;
}
