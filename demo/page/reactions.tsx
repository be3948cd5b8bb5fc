/** Reactions over the video: one button for each, with the total since the video's start. */
import { OvationError } from "ovation-client";
import { useReactions } from "ovation-client/react";
import { useState } from "react";
import { REACTIONS } from "../contract.ts";
import type { DemoVideo } from "./kinds.ts";

const SHORT = { notation: "compact", maximumFractionDigits: 1 } as const;

export function Reactions({ video }: { readonly video: DemoVideo }) {
  const { counts, publish } = useReactions(video);
  const [fault, setFault] = useState("");

  const react = async (variant: string) => {
    try {
      await publish(variant);
      setFault("");
    } catch (error) {
      const why = error instanceof OvationError ? error.message : String(error);
      setFault(`${variant} could not be sent: ${why}`);
    }
  };
  return (
    <div className="reactions">
      <ul className="reactions-list" aria-label="Reactions">
        {REACTIONS.map(({ variant, word }) => (
          <li key={variant}>
            <Reaction
              variant={variant}
              word={word}
              count={counts[variant] ?? 0}
              onReact={() => void react(variant)}
            />
          </li>
        ))}
      </ul>
      <p className="reactions-fault" role="alert">
        {fault}
      </p>
    </div>
  );
}

/** Exact up to 9,999, and then as in 12.3K. */
function shown(count: number): string {
  return count.toLocaleString("en", count < 10_000 ? {} : SHORT);
}

interface ReactionProps {
  readonly variant: string;
  readonly word: string;
  readonly count: number;
  readonly onReact: () => void;
}

function Reaction({ variant, word, count, onReact }: ReactionProps) {
  const [beats, setBeats] = useState(0);
  const react = () => {
    setBeats((before) => before + 1);
    onReact();
  };
  return (
    <button type="button" className="reaction" onClick={react}>
      <span
        key={beats}
        className={beats > 0 ? "reaction-icon beats" : "reaction-icon"}
        aria-hidden="true"
      >
        {variant}
      </span>
      <span className="hidden">{word}</span>{" "}
      <span className="reaction-count number">{shown(count)}</span>
    </button>
  );
}
