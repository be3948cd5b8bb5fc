/** Settings of the commands that use a gateway over HTTP, as a backend does. */
import { integer, quoted, reader, type SettingGroup, setting } from "./setting.ts";

const urlSchema = reader<string>((given, fault) => {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const isSound = url !== undefined && ["http:", "https:"].includes(url.protocol);
  if (!isSound || url.search !== "" || url.hash !== "") {
    return fault("must be a URL of the form http://host:port or https://host:port");
  }
  // Not echoed: it may be a password.
  if (url.username !== "" || url.password !== "") return fault("must hold no user and no password");
  return given.replace(/\/+$/, "");
});

/** Whatever a header may hold; it is not echoed. */
const tokenSchema = reader<string | undefined>((given, fault) =>
  /^[\x21-\x7e]+$/.test(given) ? given : fault("must be a token or an API key, without spaces"),
);

export const clientSettings = {
  url: setting<string>({
    schema: urlSchema,
    default: "http://127.0.0.1:8080",
    defaultText: "http://127.0.0.1:8080",
    allowed: "http:// or https://, a host, perhaps a port and a path",
    doc: "The gateways' address.",
  }),
  token: setting<string | undefined>({
    schema: tokenSchema,
    default: undefined,
    defaultText: undefined,
    allowed: "a token or an API key",
    doc: "What says who you are (docs/authentication.md). Others on this machine can read the flag: rather use the variable or a file.",
    secret: true,
  }),
  tokenFile: setting<string | undefined>({
    schema: reader<string | undefined>((given, fault) =>
      given === "" ? fault(`must be the path of a file, but is ${quoted(given)}`) : given,
    ),
    default: undefined,
    defaultText: undefined,
    allowed: "a path",
    doc: "A file that holds the token or the API key.",
  }),
  waitMs: integer({
    min: 0,
    max: 600_000,
    default: 2_000,
    unit: "ms",
    doc: "How long a request that failed for the moment is repeated.",
  }),
} as const satisfies SettingGroup;
