// How is everybody doing?

import { Chart } from "../chart.js";
import { get } from "../data.js";
import { h, put, table, tile, tiles } from "../dom.js";
import * as f from "../format.js";
import { ranges, zoomed } from "../ranges.js";
import { link, query, range } from "../route.js";
import * as charts from "./population_charts.js";

export const title = () => "Population";
export const load = (route, state, signal) => get(`population${query(range(route, state.last))}`, signal);

export function make(root) {
  let route = null;
  let drawn = null;
  const zoom = zoomed(() => route);
  const head = h("div", { class: "page-head" });
  const figures = h("div", {});
  const place = h("div", { class: "grid" });
  const alarms = h("section", {});
  root.append(head, figures, place, alarms);

  function draw(data) {
    drawn = {
      drift: new Chart(charts.driftChart(zoom, data.threshold)),
      means: new Chart(charts.meansChart()),
      reasons: new Chart(charts.reasonsChart(zoom)),
      latency: new Chart(charts.latencyChart(zoom)),
      conflict: new Chart(charts.conflictChart(zoom)),
      kl: new Chart(charts.klChart(zoom)),
      rate: new Chart(charts.rateChart(zoom)),
      loss: new Chart(charts.lossChart(zoom)),
      width: new Chart(charts.widthChart(zoom)),
    };
    put(place, Object.values(drawn).map((one) => one.element));
  }

  return {
    update(data, asked, _, state) {
      route = asked;
      if (!drawn) draw(data);
      put(head, h("div", {}, h("h1", {}, "Population"), h("p", { class: "lead" }, lead(data))), ranges(route));
      put(figures, facts(data, state));
      const { statistics, means, answers, drift, conflict } = data;
      const middles = means.now.map((__, i) => (means.edges[i] + means.edges[i + 1]) / 2);
      drawn.drift.update([statistics.t, statistics.statistic.map((one) => Math.max(0.1, one))], data);
      drawn.means.update([middles, means.now, means.then], data);
      const stacked = charts.stack(data);
      drawn.reasons.update([answers.t, ...stacked.layers], { ...data, stacked });
      drawn.latency.update([answers.t, answers.p50, answers.p95, answers.p99], data);
      drawn.kl.update([drift.t, drift.kl, drift.kl_90], data);
      drawn.rate.update([drift.t, drift.rate, drift.rate_90], data);
      drawn.conflict.update([conflict.t, conflict.apart, conflict.apart_90], data);
      drawn.loss.update([drift.t, drift.log_loss], data);
      drawn.width.update([answers.t, answers.sd], data);
      put(alarms, h("h2", {}, "Who has changed"), h("div", { class: "card stack" }, table("Alarms", COLUMNS, data.alarms.map(row), { empty: "No alarm in this range." })));
    },
    destroy() {
      if (drawn) Object.values(drawn).forEach((one) => one.destroy());
    },
  };
}

const lead = (data) => (data.judgments ? `${f.plural(data.judgments, "judgment")} from ${f.date(data.first)} to ${f.date(data.last)}, in steps of ${f.duration(data.width)}.` : "No judgment in this range. Choose another.");

function facts(data, state) {
  const { latency } = data;
  const pairs = data.conflict.pairs.reduce((sum, one) => sum + one, 0);
  const conflicting = data.conflict.conflicting.reduce((sum, one) => sum + one, 0);
  return tiles(
    tile("People", f.count(data.means.people), `of ${f.count(state.people)} ever, answered by the service`),
    tile("Judgments", f.count(data.judgments), null, { id: "fact-judgments" }),
    tile("Fallback", f.share(data.controller, data.judgments), `${f.count(data.controller)} by the controller`, { id: "fact-fallback", class: data.controller > 0.2 * data.judgments ? "tile warn" : "tile" }),
    tile("Alarms", f.count(data.alarms.length), `in ${f.plural(data.windows, "window")}`, { class: data.alarms.length ? "tile bad" : "tile" }),
    tile("Conflict", pairs ? f.share(conflicting, pairs) : "–", pairs ? `of ${f.plural(pairs, "pair")} over 2 sd apart` : "no shadow runs in this range"),
    tile("Latency, 99%", f.ms(latency.p99), latency.judgments ? `median ${f.ms(latency.p50)}` : "not journalled"),
  );
}

const COLUMNS = [["Person", "name"], ["Noticed", "when"], ["Since", "when"], ["Moved", "num"], ["R", "num"], ["Window", "num"]];

const row = (one) => [
  h("a", { href: link({ view: "person", key: one.key }), "data-focus": `alarm ${one.key} ${one.t}` }, one.subject),
  f.time(one.t),
  f.time(one.change_began),
  f.moved(one),
  f.figure(one.statistic),
  f.count(one.number),
];
