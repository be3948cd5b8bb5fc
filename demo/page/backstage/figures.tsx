/** The last minute in two plots: rates in and out, and the latency of each hop. */
import { Plot } from "./plot.tsx";
import type { StackLink } from "./stack-link.ts";

const RATE_COLORS = ["--heart", "--sky"] as const;
const RATE_MARKS = [1, 100, 10_000, 1_000_000] as const;
const LATENCY_COLORS = ["--amber", "--sky", "--mint"] as const;
const LATENCY_MARKS = [0.1, 1, 10, 100, 1_000] as const;

const rateText = (mark: number) =>
  mark >= 1_000_000 ? `${mark / 1_000_000}M` : mark >= 1_000 ? `${mark / 1_000}k` : String(mark);
const latencyText = (mark: number) => (mark >= 1_000 ? `${mark / 1_000} s` : `${mark} ms`);

function shownRate(rate: number | undefined): string {
  return rate === undefined ? "–" : Math.round(rate).toLocaleString("en");
}

function shownMs(ms: number | undefined): string {
  if (ms === undefined) return "–";
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms).toLocaleString("en")} ms`;
}

interface KeyProps {
  readonly color: string;
  readonly name: string;
  readonly value: string;
  readonly title: string;
}

function Key({ color, name, value, title }: KeyProps) {
  return (
    <div className="key" title={title}>
      <dt>
        <span className="key-line" style={{ background: `var(${color})` }} aria-hidden="true" />
        {name}
      </dt>
      <dd className="number">{value}</dd>
    </div>
  );
}

/** Redrawn with each snapshot, as its owner is. */
export function Figures({ link }: { readonly link: StackLink }) {
  const [likes, deliveries] = link.rates.newest ?? [];
  const [dispatched, onward, stored] = link.latencies.newest ?? [];
  return (
    <div className="figures">
      <section className="block" aria-label="Events per second">
        <h3>
          By second <small>last minute</small>
        </h3>
        <dl className="keys">
          <Key
            color="--heart"
            name="likes in"
            value={shownRate(likes)}
            title="Likes of this video, as this page counts them"
          />
          <Key
            color="--sky"
            name="deliveries out"
            value={shownRate(deliveries)}
            title="Events that gateways wrote to viewers, including those sent as counts"
          />
        </dl>
        <Plot
          link={link}
          trail={link.rates}
          colors={RATE_COLORS}
          marks={RATE_MARKS}
          markText={rateText}
          label="Likes in and deliveries out per second, over the last minute"
        />
      </section>
      <section className="block" aria-label="Latency by hop">
        <h3>
          Latency by hop <small>of a probe</small>
        </h3>
        <dl className="keys">
          <Key
            color="--amber"
            name="to gateways"
            value={shownMs(dispatched)}
            title="From a publisher over NATS to a dispatcher, and from there to the gateways' subjects"
          />
          <Key
            color="--sky"
            name="to this page"
            value={shownMs(onward)}
            title="From there through a gateway's frame to this page"
          />
          <Key
            color="--mint"
            name="comment stored"
            value={shownMs(stored)}
            title="Until a comment is stored and acknowledged"
          />
        </dl>
        <Plot
          link={link}
          trail={link.latencies}
          colors={LATENCY_COLORS}
          marks={LATENCY_MARKS}
          markText={latencyText}
          label="Latency of each hop over the last minute"
        />
      </section>
    </div>
  );
}
