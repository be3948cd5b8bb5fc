/** Values of the chart's own NATS, and of how the roles reach it or another one. */
import { CURRENT_VERSION } from "../../../kit/nats/versions.ts";
import { choice, count, flag, group, list, object, type Schemas, text } from "./json.ts";
import { podValues, resources } from "./pods.ts";

const DIGEST = { pattern: "^(sha256:[0-9a-f]{64})?$" };
const PULL_POLICIES = ["IfNotPresent", "Always", "Never"];

/** An image's values. */
export function image(description: string, repository: string, tag: string, tagNote: string) {
  return group(description, {
    repository: text("Its name, with its registry.", repository, { minLength: 1 }),
    tag: text(tagNote, tag),
    digest: text("Its digest, which takes precedence over the tag.", "", DIGEST),
    pullPolicy: choice("When it is pulled.", ...PULL_POLICIES),
  });
}

const config = group("Parts of the servers' configuration.", {
  maxPayload: text("The largest message.", "8MB", { pattern: "^[0-9]+(KB|MB)$" }),
  syncInterval: text(
    "How often what is stored is written through to the disk, such as `10s`, or `always`: before each acknowledgement, which is slow. NATS's default of 2 minutes when empty; docs/guarantees.md says what a power cut then costs.",
    "",
    { pattern: "^(always|[0-9]+(ms|s|m))?$" },
  ),
  jetstream: object("More keys of the servers' `jetstream` block, such as `{domain: hub}`."),
  accounts: text("More accounts, as lines within the servers' `accounts` block."),
  extra: text(
    "More lines of the file, such as `write_deadline: 5s`. Blocks and keys that the chart writes itself, such as `jetstream` and `accounts`, are refused: NATS would use only one of the two.",
  ),
});

const tls = group("TLS of the servers, between them and towards their clients.", {
  secretName: text(
    "A Secret of yours with `tls.crt`, `tls.key` and `ca.crt`, such as cert-manager makes, for servers and clients alike; then only TLS is accepted. The certificate must name each server, `*.RELEASE-nats-headless.NAMESPACE.svc`.",
  ),
});

const exporter = group("A sidecar that makes the servers' own metrics readable for Prometheus.", {
  enabled: flag("Adds it, and names it in the ServiceMonitor.", false),
  image: image("Its image.", "natsio/prometheus-nats-exporter", "0.17.3", "Its tag."),
  resources: object("Its requests and limits.", {
    requests: { cpu: "10m", memory: "32Mi" },
    limits: { memory: "64Mi" },
  }),
});

const login = group(
  "How roles log in to NATS: each as its own user. Its pods get only their own password, as a file that is read again at each connect.",
  {
    existingSecret: text(
      "A Secret of yours with a password for each user, by the user's name: for the chart's NATS `admin`, `gateway`, `dispatcher`, `hooks`, `publisher`, `consumer`, `observer`, `route` and those of `nats.publishers`, each beginning with a letter; for your own NATS `gateway`, `dispatcher`, `hooks` where it runs and, for the doctor of `helm test`, `observer`. When empty, passwords for the chart's NATS are generated at the first install and kept, and your own NATS is used without a login.",
    ),
    kind: choice(
      "What that Secret holds for each user. Only with `nats.url` can it be other than passwords: JWT credentials or nkey seeds.",
      "password",
      "creds",
      "nkey",
    ),
  },
);

const storage = group("Where JetStream keeps its files.", {
  size: text("Each server's volume.", "10Gi", { pattern: "^[0-9]+(Mi|Gi|Ti)$" }),
  storageClassName: text("Its storage class; the cluster's default when empty."),
  maxFile: text("How much of the volume JetStream may use; keep it below the size.", "8GB", {
    pattern: "^[0-9]+(MB|GB|TB)$",
  }),
  maxMemory: text("How much memory JetStream may use.", "256MB", { pattern: "^[0-9]+(MB|GB)$" }),
});

export const natsValues: Schemas = {
  url: text(
    "The URLs of your own NATS, 2.9 or later with JetStream; then the chart installs none, and `nats.login` says how roles log in.",
  ),
  replicas: {
    ...count("How many servers; 3 survive the loss of one.", 3),
    enum: [1, 3, 5],
  },
  image: image("Their image.", "nats", CURRENT_VERSION, "Its tag."),
  login,
  publishers: list(
    "More users with the rights of `publisher`, one for each of your services that publish over NATS, by name. Each is in an account of its own, and its client's inbox prefix is `_INBOX.` and its name.",
    [],
    { type: "string", pattern: "^[a-z]{2,32}$" },
  ),
  caSecret: text(
    "A Secret of yours with `ca.crt`, the authority of your NATS's certificate; then connections require TLS.",
  ),
  tls,
  config,
  storage,
  exporter,
  resources: resources("A server's requests and limits.", "512Mi"),
  terminationGracePeriodSeconds: count(
    "How long a server may take to move its clients and leaders elsewhere.",
    60,
    { minimum: 35, maximum: 600 },
  ),
  ...podValues("StatefulSet"),
};
