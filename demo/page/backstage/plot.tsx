/** A plot of the last minute, drawn by uPlot in the page's colours. */
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import { SPAN_MS, type StackLink } from "./stack-link.ts";
import type { Trail } from "./trail.ts";

const HEIGHT = 98;

interface PlotProps {
  readonly link: StackLink;
  readonly trail: Trail;
  /** For each line, a colour variable of the style sheet. */
  readonly colors: readonly `--${string}`[];
  /** The values of the grid lines; the scale is logarithmic. */
  readonly marks: readonly number[];
  readonly markText: (mark: number) => string;
  /** A description for screen readers. */
  readonly label: string;
}

export function Plot({ link, trail, colors, marks, markText, label }: PlotProps) {
  const container = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const { current } = container;
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

  return <div className="plot" ref={container} role="img" aria-label={label} />;
}

function makePlot(
  container: HTMLElement,
  { colors, marks, markText }: Pick<PlotProps, "colors" | "marks" | "markText">,
): uPlot {
  const style = getComputedStyle(container);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const [lowest = 1] = marks;
  const highest = marks.at(-1) ?? lowest;
  return new uPlot(
    {
      width: Math.max(100, container.clientWidth),
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
          // By default, a logarithmic axis labels only some of its marks.
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
    container,
  );
}
