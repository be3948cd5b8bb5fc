/** `ovation token`: makes a token, for development and for scripts. */
import { readFileSync } from "node:fs";
import { type TokenRights, TokenSigner } from "../../server-sdk/index.ts";
import { optionalText } from "../../shared/config/setting.ts";
import { suggestion } from "../../shared/config/suggest.ts";
import { type HttpCommand, UsageError } from "../http/command.ts";
import { runCommand } from "../http/run.ts";
import { duration, words as wordList } from "../http/settings.ts";

const settings = {
  videos: wordList({
    allowed: "ids, or prefixes with *, separated by commas",
    doc: "The videos that it is for. If unset, every video.",
  }),
  publish: wordList({
    allowed: "kinds, such as like or comment@launch, or *, separated by commas",
    doc: "What may be published. If unset, like and comment for a viewer, otherwise everything.",
  }),
  scopes: wordList({
    allowed: "moderate, moderate@team-*, any-actor, trusted, observe, separated by commas",
    doc: "More rights. If unset, none for a viewer; moderate and observe for a moderator; any-actor and moderate for a backend.",
  }),
  for: duration({ doc: "How long it lives. If unset, an hour." }),
  secretFile: optionalText({
    doc: "A file with the gateways' secret. If unset, OVATION_AUTH_SECRET holds it.",
  }),
  privateKeyFile: optionalText({ doc: "In place of a secret: a private key in PEM." }),
  keyId: optionalText({ doc: "Names the key (kid)." }),
  issuer: optionalText({ doc: "As --auth-issuer of the gateways." }),
  audience: optionalText({ doc: "As --auth-audience of the gateways." }),
};

const HOUR_MS = 3_600_000;
const HOLDERS = ["viewer", "moderator", "backend"];

const command: HttpCommand<typeof settings> = {
  name: "token",
  arguments: "<viewer|moderator|backend> [actor]",
  doc: "Prints a token that is signed with the gateways' secret or with a private key; it sends nothing. A viewer and a moderator need an actor: who they are.",
  settings,
  isText: true,
  words: [1, 2],
  examples: [
    ["token viewer anna --videos launch", "A viewer's token, for one video."],
    ["token moderator mo --for 8h", "A moderator's, for a shift; the console takes it."],
    ["token backend --secret-file secret.txt", "A backend's: it publishes for anyone."],
    ["token viewer anna --json | jq -r .token", "The same as JSON."],
  ],
  run: async ({ words: [holder = "", actor], options, out }) => {
    if (!HOLDERS.includes(holder)) {
      const hint = suggestion(holder, HOLDERS);
      throw new UsageError(`"${holder}" is not viewer, moderator or backend${hint}`);
    }
    if (holder !== "backend" && actor === undefined) throw new UsageError("[actor] is missing");
    const token = await signed(holder, actor, options);
    out.print({ token }, () => token);
  },
};

type Options = Parameters<(typeof command)["run"]>[0]["options"];

async function signed(
  holder: string,
  actor: string | undefined,
  options: Options,
): Promise<string> {
  const { keyId, issuer, audience, videos = ["*"], publish, scopes } = options;
  const rights: TokenRights = {
    videos,
    expiresInMs: options.for ?? HOUR_MS,
    ...(publish === undefined ? {} : { publish }),
    ...(scopes === undefined ? {} : { scopes }),
  };
  const key = keyOf(options);
  try {
    const signer = new TokenSigner({ ...key, keyId, issuer, audience });
    if (holder === "moderator") return await signer.moderator(actor ?? "", rights);
    if (holder === "backend") return await signer.backend(rights);
    return await signer.viewer(actor ?? "", { publish: ["like", "comment"], ...rights });
  } catch (error) {
    // What can't be signed was given on the command line.
    if (error instanceof TypeError || error instanceof RangeError) {
      throw new UsageError(error.message);
    }
    throw error;
  }
}

function keyOf({ secretFile, privateKeyFile }: Options) {
  if (privateKeyFile !== undefined) {
    if (secretFile === undefined) return { privateKey: contentOf(privateKeyFile) };
    throw new UsageError("--secret-file and --private-key-file can't both be given");
  }
  const secret = secretFile ? contentOf(secretFile).trim() : process.env["OVATION_AUTH_SECRET"];
  if (secret) return { secret };
  throw new UsageError(
    "a key is missing: --secret-file, --private-key-file or OVATION_AUTH_SECRET gives it",
  );
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`the key's file can't be read: ${String(error)}`);
  }
}

await runCommand(command);
