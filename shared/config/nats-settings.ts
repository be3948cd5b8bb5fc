import { urlList } from "./lists.ts";
import { optionalText, type SettingGroup } from "./setting.ts";

/** How a process connects to NATS and logs in. */
export const natsSettings = {
  natsUrl: urlList({
    schemes: ["nats", "tls"],
    default: ["nats://127.0.0.1:4222"],
    doc: "The NATS servers to connect to; any one of a cluster is enough to find the others.",
  }),
  natsToken: optionalText({
    doc: "The token to log in to NATS with. Set it in the environment: every user of the machine can read flags.",
    secret: true,
  }),
  natsUser: optionalText({
    doc: "The user to log in to NATS as, with a password; both take precedence over those in a URL. `deploy/nats/ovation.conf` has the user that each role needs.",
  }),
  natsPassword: optionalText({
    doc: "The password of that user. Set it in the environment or in a file: every user of the machine can read flags.",
    secret: true,
  }),
  natsPasswordFile: optionalText({
    doc: "A file with the password; it is read again at each connect.",
  }),
  natsCredsFile: optionalText({
    doc: "A credentials file (JWT and nkey seed) to log in to NATS with; it is read again at each connect.",
  }),
  natsNkeyFile: optionalText({
    doc: "A file with the nkey seed to log in to NATS with; it is read again at each connect.",
  }),
  natsTlsCaFile: optionalText({
    doc: "The certificate authorities trusted for NATS's certificate, in PEM; when unset, those that Node.js trusts. With this or a client certificate set, the connection to NATS must use TLS.",
  }),
  natsTlsCertFile: optionalText({
    doc: "The client certificate for NATS, in PEM; it is read again at each connect.",
  }),
  natsTlsKeyFile: optionalText({ doc: "The key of that certificate, in PEM." }),
} as const satisfies SettingGroup;
