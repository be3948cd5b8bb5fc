/** The dashboard as Grafana imports it: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/ */
import type { Panel } from "./panels/panel.ts";
import { rows } from "./panels/rows.ts";

export const DASHBOARD = "deploy/observability/grafana/ovation.json";

/** Grafana's grid is 24 wide. */
const WIDTH = 24;
const SIZES = {
  stat: { w: 4, h: 4 },
  timeseries: { w: 8, h: 8 },
  heatmap: { w: 8, h: 8 },
} as const;

const DATASOURCE = { type: "prometheus", uid: "$datasource" };
const CHOSEN = 'instance=~"$instance"';

function refId(index: number): string {
  return String.fromCharCode("A".charCodeAt(0) + index);
}

const LOOKS = {
  stat: { reduceOptions: { calcs: ["lastNotNull"] }, graphMode: "area" },
  timeseries: {
    legend: { displayMode: "list", placement: "bottom" },
    tooltip: { mode: "multi", sort: "desc" },
  },
  heatmap: { calculate: false, yAxis: { unit: "s" }, color: { scheme: "Oranges" } },
} as const;

function panelModel(panel: Panel, id: number, x: number, y: number): object {
  const { title, description, kind, unit, queries } = panel;
  return {
    id,
    type: kind,
    title,
    ...(description === undefined ? {} : { description }),
    datasource: DATASOURCE,
    gridPos: { ...SIZES[kind], x, y },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: LOOKS[kind],
    targets: queries.map(({ expr, legend }, index) => ({
      refId: refId(index),
      datasource: DATASOURCE,
      expr: expr.replaceAll("$chosen", CHOSEN),
      legendFormat: legend,
      ...(kind === "heatmap" ? { format: "heatmap" } : {}),
    })),
  };
}

/** Rows of panels, from left to right and then further down. */
function panelModels(): object[] {
  const models: object[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    const gridPos = { h: 1, w: WIDTH, x: 0, y };
    models.push({
      id: models.length + 1,
      type: "row",
      title,
      collapsed: false,
      gridPos,
      panels: [],
    });
    y += 1;
    let x = 0;
    let height = 0;
    for (const panel of panels) {
      const { w, h } = SIZES[panel.kind];
      if (x + w > WIDTH || (height !== 0 && h !== height)) {
        x = 0;
        y += height;
      }
      models.push(panelModel(panel, models.length + 1, x, y));
      x += w;
      height = h;
    }
    y += height;
  }
  return models;
}

/** The file's content. */
export function dashboardFile(): string {
  const dashboard = {
    uid: "ovation",
    title: "Ovation",
    description: "Made by scripts/write-docs.ts out of deploy/observability/panels.",
    tags: ["ovation"],
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1,
    refresh: "10s",
    time: { from: "now-30m", to: "now" },
    timezone: "browser",
    templating: {
      list: [
        { name: "datasource", label: "Prometheus", type: "datasource", query: "prometheus" },
        {
          name: "instance",
          label: "Process",
          type: "query",
          datasource: DATASOURCE,
          query: { query: "label_values(ovation_build_info, instance)", refId: "instance" },
          definition: "label_values(ovation_build_info, instance)",
          includeAll: true,
          multi: true,
          allValue: ".*",
          current: { text: ["All"], value: ["$__all"] },
          refresh: 2,
          sort: 1,
        },
      ],
    },
    panels: panelModels(),
  };
  const { panels, ...head } = dashboard;
  // A panel on each line: a change of one panel is a change of one line.
  const lines = panels.map((panel) => `    ${JSON.stringify(panel)}`).join(",\n");
  const text = JSON.stringify({ ...head, panels: [] }, undefined, 2);
  return `${text.replace(/"panels": \[\]\n}$/, () => `"panels": [\n${lines}\n  ]\n}`)}\n`;
}
