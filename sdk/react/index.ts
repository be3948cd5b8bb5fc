/** `ovation-client/react`: the SDK as React hooks, for client components. */
"use client";

export { type Comments, type CommentsOptions, useComments } from "./use-comments.ts";
export { useConnection } from "./use-connection.ts";
export { useCounts } from "./use-counts.ts";
export { type Likes, type LikesOptions, useLikes } from "./use-likes.ts";
export { usePoll } from "./use-poll.ts";
export { useReactions } from "./use-reactions.ts";
export { useTotals } from "./use-totals.ts";
export { useVideo } from "./use-video.ts";
export { useVideoState } from "./use-video-state.ts";
export { useViewers } from "./use-viewers.ts";
