/**
 * How we log in to NATS, and the certificates of both sides. Files are read again at each connect,
 * so that a rotated secret needs no restart.
 */
import { readFileSync } from "node:fs";
import {
  type ConnectionOptions,
  credsAuthenticator,
  nkeyAuthenticator,
  type TlsOptions,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from "nats";
import type { CommonConfig } from "../config/settings.ts";

/** The settings of a login; a user and password may be in a server's URL instead. */
export type Login = Partial<
  Pick<
    CommonConfig,
    | "natsToken"
    | "natsUser"
    | "natsPassword"
    | "natsPasswordFile"
    | "natsCredsFile"
    | "natsNkeyFile"
    | "natsTlsCaFile"
    | "natsTlsCertFile"
    | "natsTlsKeyFile"
  >
>;

/** Reads a file's bytes again at each call; if a later read fails, returns those of the last one. */
function rereadable(path: string, what: string): () => Uint8Array {
  const read = () => {
    try {
      return readFileSync(path);
    } catch (cause) {
      const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unreadable";
      throw new Error(`${what} ${path} can't be read: ${code}`, { cause });
    }
  };
  let last = read();
  return () => {
    try {
      last = read();
    } catch {
      // The file may be being rotated: the server decides whether the old one is still valid.
    }
    return last;
  };
}

/** The same as text, without the line break that an editor leaves at the end. */
function rereadableText(path: string, what: string): () => string {
  const bytes = rereadable(path, what);
  return () => Buffer.from(bytes()).toString().trimEnd();
}

function authenticatorOf(login: Login): ConnectionOptions["authenticator"] {
  const { natsUser, natsPassword, natsPasswordFile, natsToken, natsCredsFile, natsNkeyFile } =
    login;
  if (natsCredsFile !== undefined) {
    return credsAuthenticator(rereadable(natsCredsFile, "natsCredsFile"));
  }
  if (natsNkeyFile !== undefined) {
    const seed = rereadableText(natsNkeyFile, "natsNkeyFile");
    return nkeyAuthenticator(() => Buffer.from(seed()));
  }
  if (natsUser !== undefined) {
    const password =
      natsPasswordFile === undefined
        ? () => natsPassword ?? ""
        : rereadableText(natsPasswordFile, "natsPasswordFile");
    return usernamePasswordAuthenticator(natsUser, password);
  }
  return natsToken === undefined ? undefined : tokenAuthenticator(natsToken);
}

function tlsOf({ natsTlsCaFile, natsTlsCertFile, natsTlsKeyFile }: Login): TlsOptions | undefined {
  const files = {
    ...(natsTlsCaFile === undefined ? {} : { caFile: natsTlsCaFile }),
    ...(natsTlsCertFile === undefined ? {} : { certFile: natsTlsCertFile }),
    ...(natsTlsKeyFile === undefined ? {} : { keyFile: natsTlsKeyFile }),
  };
  // The client reads the files itself at each connect; this read only reports a missing one.
  for (const [what, path] of Object.entries(files)) rereadable(path, `NATS's TLS ${what}`);
  return Object.keys(files).length === 0 ? undefined : files;
}

/**
 * The client's options for a login. With certificates given, it connects only over TLS.
 * @throws Error naming a file that can't be read
 */
export function loginOptions(login: Login): ConnectionOptions {
  const authenticator = authenticatorOf(login);
  const tls = tlsOf(login);
  return {
    ...(authenticator === undefined ? {} : { authenticator }),
    ...(tls === undefined ? {} : { tls }),
  };
}
