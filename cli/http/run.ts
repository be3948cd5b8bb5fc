/** Runs a command that uses a gateway: reads its command line, and ends the process as it went. */
import { Ovation, OvationError } from "../../server-sdk/index.ts";
import type { SettingGroup } from "../../shared/config/setting.ts";
import { type Client, type HttpCommand, parseCommandLine, UsageError } from "./command.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { harmless, Output } from "./output.ts";

/** @param argv the arguments after the command's name */
export async function runCommand<G extends SettingGroup>(
  command: HttpCommand<G>,
  argv: readonly string[] = process.argv.slice(2),
): Promise<void> {
  endWithReader();
  const { name } = command;
  let client: Client | undefined;
  try {
    const parsed = parseCommandLine(command, argv, process.env);
    if (parsed.outcome === "help") return void process.stdout.write(`${parsed.text}\n`);
    const { words, options, isJson } = parsed;
    client = parsed.client;
    const out = new Output(isJson ?? !process.stdout.isTTY);
    await command.run({ words, options, client, ovation: new Ovation(client), out });
  } catch (error) {
    if (error instanceof UsageError) {
      const hint = `See ovation ${name} --help`;
      return end(name, `${error.message}\n${hint}`, EXIT.usage);
    }
    if (!(error instanceof OvationError)) throw error;
    end(name, refusalText(error, client), exitCodeOf(error.code));
  }
}

/** `ovation tail … | head` is no failure. */
function endWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(EXIT.done);
  });
}

function end(name: string, text: string, code: number): void {
  process.stderr.write(`ovation ${name}: ${text}\n`);
  process.exitCode = code;
}

/** What happened, and what to do about it; it never holds a token. */
function refusalText(
  { code, message }: { code: string; message: string },
  client?: Client,
): string {
  const text = `${harmless(message)} (${code})`;
  if (["unreachable", "wrong_address"].includes(code)) {
    return `${text}\n--url or OVATION_URL says where the gateways are: now it is ${client?.url}.`;
  }
  if (code === "token_required" || (code === "forbidden" && client?.token === undefined)) {
    return `${text}\nGive one by --token-file, OVATION_TOKEN or --token: docs/authentication.md.`;
  }
  if (code === "token_refused" || code === "token_expired") {
    return `${text}\nThe token or API key that was given is not valid at ${client?.url}.`;
  }
  if (code === "forbidden") return `${text}\nThe token or API key that was given may not do that.`;
  return text;
}
