/* global uPlot, loads: both are defined in the page before this script. */
(() => {
  const COLORS = ["#2f6fde", "#d9822b", "#c23b6b", "#1d8f6e", "#7a57d1", "#6b7785"];
  // A canvas doesn't support custom properties or light-dark(): an element resolves them.
  const probe = document.body.appendChild(document.createElement("i"));
  const styleOf = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const width = () => Math.max(320, Math.min(560, document.body.clientWidth / 2 - 24));
  const short = (value) => {
    if (value >= 1e6) return `${+(value / 1e6).toFixed(2)} M`;
    if (value >= 1e3) return `${+(value / 1e3).toFixed(1)} k`;
    return `${+value.toFixed(2)}`;
  };

  function plot(host, title, x, lines, options = {}) {
    if (x.length === 0 || lines.length === 0) return;
    const axis = {
      stroke: styleOf("--faint"),
      grid: { stroke: styleOf("--line"), width: 1 },
      ticks: { show: false },
    };
    const named = { ...axis, label: options.xLabel ?? "seconds", values: options.xValues };
    const scales = {
      x: { time: false, ...options.xScale },
      y: { range: (_, __, max) => [0, max || 1] },
    };
    new uPlot(
      {
        title,
        width: width(),
        height: 260,
        scales,
        cursor: { drag: { x: true, y: false } },
        axes: [named, { ...axis, size: 64, values: (_, ticks) => ticks.map(short) }],
        series: [
          { label: options.xName ?? "second" },
          ...lines.map(({ label, color }, index) => ({
            label,
            stroke: color ?? COLORS[index % COLORS.length],
            width: 2,
            points: { show: x.length < 3 },
            value: (_, value) => (value == null ? "–" : short(value)),
          })),
        ],
      },
      [x, ...lines.map(({ values }) => values)],
      host,
    );
  }

  function kindsOf(seconds, field) {
    const kinds = [...new Set(seconds.flatMap((second) => Object.keys(second[field])))];
    const scale = field === "rssBytes" ? 2 ** 20 : 1;
    return kinds.map((kind) => ({
      label: kind,
      values: seconds.map((second) => (kind in second[field] ? second[field][kind] / scale : null)),
    }));
  }

  function draw(host, load) {
    const { seconds } = load;
    const x = seconds.map(({ at }) => at);
    const of = (field) => seconds.map((second) => second[field] ?? null);
    const timed = seconds.some(({ p50 }) => p50 !== undefined);
    if (timed) {
      const lines = ["p50", "p90", "p99", "max"].map((field) => ({
        label: field,
        values: of(field),
      }));
      plot(host, "Latency over time, milliseconds", x, lines);
    }
    if (load.latency.count > 0) {
      // On a logarithmic scale of the share of slower deliveries, so that the tail has room.
      const nines = (percentile) => -Math.log10(1 - Math.min(percentile, 99.999) / 100);
      plot(
        host,
        "Latency by percentile, milliseconds",
        load.distribution.map(([percentile]) => nines(percentile)),
        [{ label: load.system, values: load.distribution.map(([, ms]) => ms) }],
        {
          xLabel: "percentile",
          xName: "percentile",
          xValues: (_, ticks) => ticks.map((tick) => `${+(100 * (1 - 10 ** -tick)).toFixed(3)}`),
        },
      );
    }
    plot(host, "Deliveries per second", x, [
      { label: "deliveries", values: of("deliveries") },
      { label: "frames read", values: of("frames") },
    ]);
    plot(host, "Processor cores in use", x, kindsOf(seconds, "cpu"));
    plot(host, "Memory (RSS), MiB", x, kindsOf(seconds, "rssBytes"));
  }

  for (const host of document.querySelectorAll(".plots")) {
    draw(host, loads[Number(host.dataset.run)][Number(host.dataset.load)]);
  }
})();
