/** Settings of review before publish. */
import {
  choice,
  integer,
  optionalText,
  reader,
  type Setting,
  type SettingGroup,
  setting,
} from "./setting.ts";

/** What is reviewed may be private, and the verdicts decide: plain HTTP only on this machine. */
function reviewerUrl(doc: string): Setting<string | undefined> {
  const isSound = (text: string): boolean => {
    if (!URL.canParse(text)) return false;
    const { protocol, hostname, username, password } = new URL(text);
    const isLocal = ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
    const isSafe = protocol === "https:" || (protocol === "http:" && isLocal);
    return isSafe && username === "" && password === "";
  };
  return setting<string | undefined>({
    schema: reader((text, fault) =>
      isSound(text)
        ? text
        : fault("must be an https URL without user and password (http on this machine only)"),
    ),
    default: undefined,
    defaultText: undefined,
    allowed: "https URL",
    doc,
    // What follows a `?` may be a secret.
    loggable: (url) => url?.replace(/\?.*$/s, "?…"),
  });
}

export const reviewSettings = {
  reviewUrl: reviewerUrl(
    "Where reviewers are asked about events of kinds with `review`; without it, over NATS, on `ov.review.<kind>`.",
  ),
  reviewCaFile: optionalText({
    doc: "The certificate authorities trusted for the certificate of `--review-url`, in PEM; when unset, those that Node.js trusts. It is read at the start.",
  }),
  reviewSecretFile: optionalText({
    doc: "A file with the secret that requests to `--review-url` are signed with, as Standard Webhooks has it: `whsec_` and the base64 of 24 to 64 bytes. With two of them, one a line, requests have a signature by each. It is read at the start.",
  }),
  reviewBudgetMs: integer({
    min: 30,
    max: 10_000,
    default: 500,
    unit: "ms",
    doc: "The longest time that an event waits for reviewers. Keep it, together with `--store-timeout-ms`, below the gateways' request timeout.",
  }),
  reviewFailure: choice({
    choices: ["closed", "open"],
    default: "closed",
    doc: "What happens to an event that reviewers give no verdict on within the budget: `closed` refuses it with `review_unavailable`, `open` accepts it.",
  }),
} as const satisfies SettingGroup;
