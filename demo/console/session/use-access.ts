/** Whether the token may moderate, and what it may moderate: the videos that have viewers now. */
import { useEffect, useState } from "react";
import { ApiError, type Request } from "./api.ts";

export interface ListedVideo {
  readonly video: string;
  readonly viewers: number;
}

/** The delivery class of each kind. */
export type KindClasses = Readonly<Record<string, string>>;

export interface Granted {
  readonly name: "granted";
  /** Those with the most viewers first. */
  readonly videos: readonly ListedVideo[];
  readonly kinds: KindClasses;
  /** Why the list is old; undefined: it is not. */
  readonly fault: string | undefined;
}

export type Access =
  | { readonly name: "checking"; readonly fault: string | undefined }
  | Granted
  | { readonly name: "refused"; readonly error: ApiError };

const REFRESH_MS = 5_000;
const LISTED = 50;
/** Tokens that are missing, invalid or expired, and those that may not. */
const REFUSALS = [401, 403];

export function useAccess(request: Request): Access {
  const [access, setAccess] = useState<Access>({ name: "checking", fault: undefined });
  useEffect(() => {
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let kinds: KindClasses | undefined;
    const look = async () => {
      try {
        // Kinds may change while the console is open, but rarely.
        kinds ??= (await request<{ kinds: KindClasses }>("GET", "ping")).kinds;
        const path = `videos?limit=${LISTED}`;
        const { videos } = await request<{ videos: readonly ListedVideo[] }>("GET", path);
        if (!isOver) setAccess({ name: "granted", videos, kinds, fault: undefined });
      } catch (error) {
        if (isOver) return;
        if (!(error instanceof ApiError)) throw error;
        if (REFUSALS.includes(error.status)) return setAccess({ name: "refused", error });
        setAccess((known) =>
          known.name === "granted"
            ? { ...known, fault: error.message }
            : { name: "checking", fault: error.message },
        );
      }
    };
    const keepLooking = async () => {
      if (document.visibilityState === "visible") await look();
      if (!isOver) timer = setTimeout(() => void keepLooking(), REFRESH_MS);
    };
    const onVisible = () => {
      if (document.visibilityState === "visible") void look();
    };
    void keepLooking();
    document.addEventListener("visibilitychange", onVisible);
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, [request]);
  return access;
}
