/** Settings of review before publish. */
import { secureUrl } from "./secure-url.ts";
import { choice, integer, optionalText, type SettingGroup } from "./setting.ts";

export const reviewSettings = {
  // What is reviewed may be private, and the verdicts decide.
  reviewUrl: secureUrl(
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
