// What is believed of one person, since when, on whose word, and have they changed?

import { Chart } from "../chart.js";
import { get } from "../data.js";
import { h, put, table, tile, tiles } from "../dom.js";
import * as f from "../format.js";
import { ranges, zoomed } from "../ranges.js";
import { link, query, range } from "../route.js";
import { beliefChart, densityChart, driftChart, windowChart } from "./person_charts.js";

export const title = (data) => data?.subject ?? "Person";
export const load = (route, state, signal) => get(`people/${encodeURIComponent(route.key ?? "")}${query(range(route, state.last))}`, signal);

export function make(root) {
  let route = null;
  let drawnFor = null;
  let charts = [];
  const head = h("div", { class: "page-head" });
  const figures = h("div", {});
  const place = h("div", { class: "grid three" });
  const below = h("div", { class: "grid" });
  const recent = h("section", {});
  root.append(head, figures, place, below, recent);

  function draw(data) {
    charts.forEach((one) => one.destroy());
    const zoom = zoomed(() => route);
    charts = [new Chart(beliefChart(zoom)), new Chart(densityChart()), new Chart(windowChart(zoom)), new Chart(driftChart(zoom, data.threshold))];
    put(place, charts[0].element, charts[1].element);
    put(below, charts[2].element, charts[3].element);
  }

  return {
    update(data, asked) {
      route = asked;
      if (drawnFor !== data.key) {
        draw(data);
        drawnFor = data.key;
      }
      put(head, h("div", {}, h("a", { class: "crumb", href: "#/people", "data-focus": "crumb" }, "People"), h("h1", {}, data.subject), h("p", { class: "lead" }, summary(data), data.by_policy ? [" ", h("a", { href: link({ view: "policy", key: data.key }), "data-focus": "policy" }, `${f.count(data.by_policy)} by a policy`), "."] : null)), ranges(route));
      put(figures, facts(data));
      const p = data.points;
      charts[0].update([p.t, p.q95, p.q05, p.q75, p.q25, p.mean], data);
      charts[1].update(densities(data), data);
      const windows = [...data.windows].reverse();
      charts[2].update([windows.map((one) => one.ended), windows.map((one) => one.mean)], { ...data, windows });
      charts[3].update([windows.map((one) => one.ended), windows.map((one) => (one.statistic === null ? null : Math.max(0.1, one.statistic)))], { ...data, windows });
      put(recent, h("h2", {}, "Latest judgments in the range"), h("div", { class: "card stack" }, table("Latest judgments", COLUMNS, data.recent.map(row), { empty: "No judgment in this range. Choose another above." })));
    },
    destroy() {
      charts.forEach((one) => one.destroy());
    },
  };
}

function summary(data) {
  const shown = data.points.t.length < data.in_range ? `, of which ${f.count(data.points.t.length)} are drawn; choose a range to see all` : "";
  return `${f.plural(data.judgments, "judgment")} from ${f.date(data.first)} to ${f.date(data.last)}; ${f.count(data.in_range)} in this range${shown}.`;
}

function facts(data) {
  const { now } = data;
  const epoch = data.epochs.find((one) => one.undone === null);
  const alarms = data.windows.filter((one) => one.alarm);
  const last = data.windows[0];
  const statistic = last && !last.alarm ? last.statistic : null;
  return tiles(
    tile("Risk aversion", now ? f.belief(now.mean, now.sd) : "–", f.attitude(now?.mean), { id: "fact-belief" }),
    tile("90% interval", now ? f.interval(now.q05, now.q95) : "–", now ? `50%: ${f.interval(now.q25, now.q75)}` : null),
    tile("Answered by", now ? f.word(now.source) : "–", `${f.share(data.by_controller, data.in_range)} by the controller in this range`, { class: now?.source === "controller" ? "tile warn" : "tile" }),
    tile("Drift statistic", statistic === null ? (last ? "began anew" : "–") : f.figure(statistic), `alarm at ${f.figure(data.threshold)}; ${f.plural(data.windows.length, "window")}`),
    tile("Changes noticed", f.count(alarms.length), alarms.length ? `last ${f.date(alarms[0].ended)}, by ${f.moved(alarms[0])}` : "none in this range", { class: alarms.length ? "tile bad" : "tile" }),
    tile("Evidence since", epoch ? f.date(epoch.from) : "the beginning", epoch ? `epoch opened ${f.date(epoch.t)}: ${epoch.reason}` : "no epoch opened"),
  );
}

/** Both densities on the places of both. */
function densities(data) {
  const curves = [data.now?.curve, data.before?.curve];
  if (!curves[0] || !curves[1]) return [[], [], []];
  const places = [...new Set([...curves[0].x, ...curves[1].x])].sort((a, b) => a - b);
  return [places, ...curves.map((curve) => places.map((x) => between(curve, x)))];
}

function between({ x, density }, at) {
  if (at < x[0] || at > x[x.length - 1]) return 0;
  let i = 1;
  while (x[i] < at) i++;
  const share = (at - x[i - 1]) / (x[i] - x[i - 1] || 1);
  return density[i - 1] + share * (density[i] - density[i - 1]);
}

const COLUMNS = [["When", "when name"], ["Risk aversion", ""], ["Answered by", ""], ["Option", "num"], ["Verdict", ""], ["They said", ""], ["Took", "num"], ["Comment", "text"]];
const SAID = { approve: ["good", "approved"], reject: ["bad", "rejected"] };

function row(one) {
  const said = SAID[one.feedback];
  return [
    h("time", { title: f.fullTime(one.t) }, f.time(one.t)),
    f.belief(one.mean, one.sd),
    one.source === "verifier" ? "service" : h("span", { class: "controller" }, f.by(one.source, one.reason)),
    one.chosen === null ? "none" : String(one.chosen + 1),
    one.verdict,
    [said ? h("span", { class: `pill ${said[0]}` }, said[1]) : null, one.reward !== null ? ` ${f.signed(one.reward)}` : null],
    f.ms(one.elapsed_ms),
    one.meta_comment,
  ];
}
