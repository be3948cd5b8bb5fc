/** Comments per minute of the listed videos. */
import type { CountsById } from "ovation-client";
import { useCounts } from "ovation-client/react";
import { useEffect, useRef, useState } from "react";
import type { ConsoleOvation } from "../kinds.ts";
import { perMinute, type Samples, sampled } from "./rate.ts";

const SAMPLE_MS = 2_000;

export interface VideoNumbers {
  readonly viewers: number | undefined;
  /** Undefined until it is known. */
  readonly perMinute: number | undefined;
}

/**
 * @param videos up to 100
 * @param kinds those that are comments
 */
export function useNumbers(
  ovation: ConsoleOvation,
  videos: readonly string[],
  kinds: readonly string[],
): (video: string) => VideoNumbers {
  const counts = useCounts(ovation, videos);
  const newest = useRef<CountsById>(counts);
  newest.current = counts;
  const [samples, setSamples] = useState<Samples>(new Map());
  const names = kinds.join();
  useEffect(() => {
    const take = () => {
      const totals = Object.entries(newest.current).map(([video, { totals: byKind }]) => {
        const all = names.split(",").map((kind) => byKind[kind] ?? 0);
        return [video, all.reduce((sum, one) => sum + one, 0)] as const;
      });
      setSamples((known) => sampled(known, performance.now(), new Map(totals)));
    };
    const timer = setInterval(take, SAMPLE_MS);
    return () => clearInterval(timer);
  }, [names]);
  return (video) => ({
    viewers: counts[video]?.viewers,
    perMinute: perMinute(samples, video),
  });
}
