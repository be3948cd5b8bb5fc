/** A plot of the last minute, by uPlot, in the page's own colours. */
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import { SPAN_MS, type StackLink } from "./stack-link.ts";
import type { Trail } from "./trail.ts";

const HEIGHT = 98;

interface PlotProps {
  readonly link: StackLink;
  readonly trail: Trail;
  /** A colour of the style sheet for each line. */
  readonly colors: readonly `--${string}`[];
  /** The figures that are worth a line across; the scale is logarithmic. */
  readonly marks: readonly number[];
  readonly markText: (mark: number) => string;
  /** What is to be seen, for those who don't see it. */
  readonly label: string;
}

export function Plot({ link, trail, colors, marks, markText, label }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const { current } = place;
    if (current === null) return;
    let plot = makePlot(current, { colors, marks, markText });
    const draw = () => {
      const now = Date.now() / 1_000;
      plot.batch(() => {
        plot.setData(trail.columns() as uPlot.AlignedData, false);
        plot.setScale("x", { min: now - SPAN_MS / 1_000, max: now });
      });
    };
    const fit = new ResizeObserver(() =>
      plot.setSize({ width: current.clientWidth, height: HEIGHT }),
    );
    const repaint = () => {
      plot.destroy();
      plot = makePlot(current, { colors, marks, markText });
      draw();
    };
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    fit.observe(current);
    scheme.addEventListener("change", repaint);
    const unsubscribe = link.subscribe(draw);
    return () => {
      unsubscribe();
      fit.disconnect();
      scheme.removeEventListener("change", repaint);
      plot.destroy();
    };
  }, [link, trail, colors, marks, markText]);

  return <div className="plot" ref={place} role="img" aria-label={label} />;
}

function makePlot(
  place: HTMLElement,
  { colors, marks, markText }: Pick<PlotProps, "colors" | "marks" | "markText">,
): uPlot {
  const style = getComputedStyle(place);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const [lowest = 1] = marks;
  const highest = marks.at(-1) ?? lowest;
  return new uPlot(
    {
      width: Math.max(100, place.clientWidth),
      height: HEIGHT,
      padding: [8, 6, 8, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: true },
        y: {
          distr: 3,
          range: (_plot, _min, max) => [lowest, Math.max(highest, max ?? highest)],
        },
      },
      axes: [
        { show: false },
        {
          size: 44,
          font: `11px ${style.fontFamily}`,
          stroke: color("--muted"),
          splits: () => [...marks],
          // By itself, a logarithmic axis names only some of its marks.
          filter: (_plot, splits) => splits,
          values: (_plot, splits) => splits.map(markText),
          grid: { stroke: color("--line"), width: 1 },
          ticks: { show: false },
        },
      ],
      series: [
        {},
        ...colors.map(
          (name): uPlot.Series => ({
            stroke: color(name),
            width: 2,
            points: { show: false },
            spanGaps: false,
          }),
        ),
      ],
    },
    [[], ...colors.map(() => [])],
    place,
  );
}
