/** What docs/operations.md has on-call people paste, run line by line at a release. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { Pasted } from "./pasted.ts";

const PAGE = join(import.meta.dirname, "../../../docs/operations.md");

/** Lines that can't be run there, and why. */
export const LEFT_OUT: readonly { readonly line: RegExp; readonly because: string }[] = [
  { line: /^kubectl .* top /, because: "needs a metrics server" },
  { line: /^nats /, because: "needs the command line of NATS" },
  { line: /^chronyc /, because: "is for the node" },
  { line: /JWKS_URL/, because: "needs a set of keys elsewhere" },
  { line: /SECRET/, because: "needs a certificate of yours" },
  { line: /API_KEY/, because: "needs an API key" },
  { line: /deployment\/ovation-hooks/, because: "needs webhooks; test/hooks runs these commands" },
  { line: / --previous/, because: "needs a container that has ended" },
];

export interface AlertCommands {
  readonly alert: string;
  readonly lines: readonly string[];
}

/** The commands below each alert. */
export function alertCommands(): readonly AlertCommands[] {
  const [, ...sections] = readFileSync(PAGE, "utf8").split(/^### (?=Ovation)/m);
  return sections.map((section) => {
    const [alert = ""] = section.split("\n", 1);
    const [, code = ""] = /^```sh\n([\s\S]*?)^```$/m.exec(section) ?? [];
    return { alert, lines: code.split("\n").filter((line) => line !== "") };
  });
}

const endedSchema = z.object({ code: z.number(), stderr: z.string() });
export type Ended = z.infer<typeof endedSchema>;

/**
 * Runs lines in one shell, each whatever becomes of the others; forwarded ports end with it.
 * @param instead what stands there instead of a word of the page
 */
export async function runLines(
  kubeconfig: string,
  lines: readonly string[],
  instead: Readonly<Record<string, string>>,
): Promise<readonly Ended[]> {
  const commands = await Pasted.start({ KUBECONFIG: kubeconfig });
  const here = lines.map((line) =>
    Object.entries(instead).reduce((text, [from, to]) => text.replaceAll(from, to), line),
  );
  const script = [
    "set +e",
    "errors=$(mktemp)",
    ...here.flatMap((line) => [
      `{ ${line}`,
      '} >/dev/null 2>"$errors"',
      'printf "%s %s\\n" $? "$(base64 --wrap=0 "$errors")"',
    ]),
    "kill $(jobs -p) 2>/dev/null",
    'rm "$errors"',
  ];
  try {
    const output = await commands.run(script.join("\n"), undefined);
    return output
      .trimEnd()
      .split("\n")
      .map((text) => {
        const [code = "", errors = ""] = text.split(" ");
        const stderr = Buffer.from(errors, "base64").toString();
        return endedSchema.parse({ code: Number(code), stderr });
      });
  } finally {
    await commands.stop();
  }
}

/** Whether a line did what it is for: a search may find nothing. */
export function isDone(line: string, { code, stderr }: Ended): boolean {
  const isSearch = /\| grep [^|]*$/.test(line);
  const isSilent = stderr === "" || /^No resources found in \w+ namespace\.\n$/.test(stderr);
  return isSilent && (code === 0 || (isSearch && code === 1));
}
