/** Subscribing to a video, for every wire: its audience here, and where the viewer starts. */
import type { ResultMessage } from "../../../shared/protocol/wire/messages.ts";
import type { Grant } from "../../auth/grant.ts";
import type { Audience } from "../../delivery/audience.ts";
import type { ResumeRequest } from "../../history/histories.ts";
import { subscriptionResult } from "../../history/subscription-result.ts";
import type { ClientKey } from "../../limits/client-key.ts";
import type { Claimant } from "../../limits/client-share.ts";
import type { GatewayServices } from "../services.ts";

export interface OpenedSubscription {
  readonly audience: Audience;
  /** The viewer has the durable events up to this seq; undefined: it wants no past events. */
  readonly after: number | undefined;
  /** Fields of the answer. */
  readonly result: Omit<ResultMessage, "op" | "id">;
}

/**
 * What a subscription costs of the budget for the past until it is known how much it gets. A viewer
 * that comes back may subscribe to a hundred videos at once.
 */
const PAST_CHARGE_BYTES = 32_768;
/** Past events of more bytes are sent in a turn of their own. */
const LARGE_BYTES = 16_384;

/** What was charged for the past events of a subscription; `settle` corrects it to the actual size. */
export interface PastPayment {
  settle(bytes: number): void;
}

const NOTHING_PAST: PastPayment = { settle: () => undefined };

/**
 * Charges a subscription that requests past events; call it before anything is held.
 * @throws OvationError rate_limited
 */
export function payForPast(
  { rates }: Pick<GatewayServices, "rates">,
  { grant, address }: { readonly grant: Grant; readonly address: ClientKey },
  { after, last = 0 }: ResumeRequest,
): PastPayment {
  if (after === undefined && last === 0) return NOTHING_PAST;
  const budget = rates.work.of(grant, address);
  const charged = budget.advancePast(PAST_CHARGE_BYTES);
  return { settle: (bytes) => budget.settlePast(charged, bytes) };
}

/**
 * Holds the video; the caller releases the hold later.
 * @param payment for its past events
 * @throws OvationError history_unavailable, unavailable, videos_exceeded
 */
export async function openSubscription(
  services: Pick<GatewayServices, "interest" | "histories" | "rates">,
  video: string,
  request: ResumeRequest,
  payment: PastPayment,
  holder: Claimant,
): Promise<OpenedSubscription> {
  let bytes = 0;
  try {
    const opened = await open(services, video, request, holder);
    const { audience, after } = opened;
    if (after !== undefined) bytes = audience.history.timeline.bytesAfter(after);
    if (bytes > LARGE_BYTES) await services.rates.work.turns.next();
    return opened;
  } finally {
    payment.settle(bytes);
  }
}

async function open(
  { interest, histories }: Pick<GatewayServices, "interest" | "histories">,
  video: string,
  request: ResumeRequest,
  holder: Claimant,
): Promise<OpenedSubscription> {
  const audience = await interest.hold(video, holder);
  const resumePoint = await histories.resume(audience.history, request);
  const result = subscriptionResult(histories, audience.history, resumePoint);
  return { audience, after: resumePoint.after, result };
}
