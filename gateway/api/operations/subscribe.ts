/** Subscribing to a video, for every wire: its audience here, and where the viewer starts. */
import { placeOf } from "../../../shared/lib/hyperloglog.ts";
import { TOTALS_KIND } from "../../../shared/protocol/kinds.ts";
import { kindOfState } from "../../../shared/protocol/state-document.ts";
import type { ResultMessage } from "../../../shared/protocol/wire/messages.ts";
import type { Grant } from "../../auth/grant.ts";
import type { Feed } from "../../delivery/feed.ts";
import { KindFilter } from "../../delivery/kind-filter.ts";
import type { ResumeRequest } from "../../history/histories.ts";
import { subscriptionResult } from "../../history/subscription-result.ts";
import type { ClientKey } from "../../limits/client-key.ts";
import { ADDRESS_FACTOR, type Claimant } from "../../limits/client-share.ts";
import type { VideoHold } from "../../table/interest.ts";
import type { GatewayServices } from "../services.ts";

/** What a viewer wants of a video, as it was checked. */
export interface SubscribeRequest extends ResumeRequest {
  /** Undefined: all kinds. */
  readonly filter: KindFilter | undefined;
  /** Whether it wants past events, and has none yet. */
  readonly isNewcomer: boolean;
  /** The viewer's hold on the video. */
  readonly hold: VideoHold;
}

export interface OpenedSubscription {
  /** The viewer subscribes to it, or abandons it. */
  readonly feed: Feed;
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

/** Which events a viewer wants, and whether it is counted: the fields of a request. */
interface WhatToWatch {
  readonly kinds?: readonly string[] | undefined;
  readonly hidden?: boolean | undefined;
}

/** What was charged for the past events of a subscription; `settle` corrects it to the actual size. */
export interface PastPayment {
  settle(bytes: number): void;
}

const NOTHING_PAST: PastPayment = { settle: () => undefined };

/**
 * Checks what a viewer wants of a video.
 * @param actor the viewer's, if it has one
 * @throws OvationError kind_unknown
 */
export function subscribeRequest(
  { rules, countsActors }: Pick<GatewayServices, "rules" | "countsActors">,
  { kinds, hidden = false, ...past }: ResumeRequest & WhatToWatch,
  actor: string | undefined,
): SubscribeRequest {
  const filter = kinds === undefined ? undefined : new KindFilter(kinds, rules.kinds);
  const isCounted = !hidden && filter?.isNumbersAlone !== true;
  // Only the history has something that can be missed.
  const resume: ResumeRequest = filter?.hasDurable === false ? {} : past;
  const isTold = countsActors && isCounted && actor !== undefined;
  const hold = { isCounted, isHidden: hidden, actor: isTold ? placeOf(actor) : undefined };
  const isNewcomer = resume.after === undefined && (resume.last ?? 0) > 0;
  return { ...resume, filter, isNewcomer, hold };
}

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
 * @throws OvationError filters_exceeded, history_unavailable, unavailable, videos_exceeded
 */
export async function openSubscription(
  services: Pick<GatewayServices, "interest" | "histories" | "rates">,
  video: string,
  request: SubscribeRequest,
  payment: PastPayment,
  holder: Claimant,
): Promise<OpenedSubscription> {
  const { interest, histories, rates } = services;
  const { filter, hold } = request;
  const { client, address } = holder;
  // Many viewers may share an address.
  const shares = client === address ? ADDRESS_FACTOR : 1;
  let bytes = 0;
  try {
    const audience = await interest.hold(video, holder, hold);
    const { history } = audience;
    const resumePoint = await histories.resume(history, request, filter);
    const hasPosition = filter?.hasDurable !== false;
    const totals = filter?.has(TOTALS_KIND) === false ? undefined : audience.totals.shown;
    const result = {
      ...(hasPosition ? subscriptionResult(histories, history, resumePoint) : {}),
      ...(totals === undefined ? {} : { totals }),
      ...stateIn(audience.state.data, filter),
    };
    const { after } = resumePoint;
    if (after !== undefined) bytes = history.timeline.bytesAfter(after, filter);
    if (bytes > LARGE_BYTES) await rates.work.turns.next();
    return { feed: audience.open(filter, { client, shares }), after, result };
  } finally {
    payment.settle(bytes);
  }
}

/** The state that the viewer gets; none while it is not known. */
function stateIn(
  data: Readonly<Record<string, unknown>> | undefined,
  filter: KindFilter | undefined,
): Pick<ResultMessage, "state"> {
  if (data === undefined || filter === undefined) return data === undefined ? {} : { state: data };
  const wanted = Object.entries(data).filter(([name]) => filter.has(kindOfState(name)));
  return { state: Object.fromEntries(wanted) };
}
