/** The slider that sets the audience. All open pages share it. */
import { useEffect, useState } from "react";
import { audienceAt, HIGHEST_LEVEL, levelOf } from "../../audience-level.ts";
import type { Snapshot } from "../../contract.ts";

/** For this long after the user moved it, snapshots may still show the previous value. */
const OWN_MS = 1_500;

interface AudienceSliderProps {
  readonly audience: Snapshot["audience"];
  readonly onChange: (level: number) => void;
}

export function AudienceSlider({ audience, onChange }: AudienceSliderProps) {
  const reported = levelOf(audience);
  const [own, setOwn] = useState<number | undefined>();
  useEffect(() => {
    if (own === undefined) return;
    const timer = setTimeout(() => setOwn(undefined), OWN_MS);
    return () => clearTimeout(timer);
  }, [own]);
  const level = own ?? reported;
  const { viewers, likesPerSecond } = own === undefined ? audience : audienceAt(own);
  const words = `${viewers.toLocaleString("en")} viewers, ${likesPerSecond.toLocaleString("en")} likes per second`;

  return (
    <div className="audience">
      <div className="audience-head">
        <label htmlFor="audience">Audience</label>
        <output htmlFor="audience">
          <b className="number">{viewers.toLocaleString("en")}</b> viewers,{" "}
          <b className="number">{likesPerSecond.toLocaleString("en")}</b> likes/s
        </output>
      </div>
      <input
        id="audience"
        type="range"
        min={0}
        max={HIGHEST_LEVEL}
        value={level}
        aria-valuetext={words}
        style={{ "--share": level / HIGHEST_LEVEL } as React.CSSProperties}
        onChange={({ target }) => {
          const wanted = Number(target.value);
          setOwn(wanted);
          onChange(wanted);
        }}
      />
      <p className="audience-note">
        {audience.connected === viewers
          ? "Simulated, on real connections to your gateways"
          : `${audience.connected.toLocaleString("en")} of them are connected`}
      </p>
    </div>
  );
}
