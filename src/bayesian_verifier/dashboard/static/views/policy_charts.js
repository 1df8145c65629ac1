// How are a policy's decisions drawn: beside the belief they rest on, and over every θ* there might have been?

import { axis, colour, inside, mark, ratio, rule, timeAxis, together, when, x, y } from "../chart.js";
import * as f from "../format.js";
import { answers, band, controllers, padded, quiet, RISK } from "./person_charts.js";

export const OPTION_COLOURS = ["p50", "r1", "epoch", "r4", "r2", "r6", "r5", "before"];
const SAID = { approve: "approved", reject: "rejected" };
export const option = (i) => (i === null || i === undefined ? "none" : `option ${i + 1}`);

/** The posterior, where the policy would rather have asked, what was answered, and the θ* that is tried. */
export function traceChart(zoom) {
  return {
    title: "Posterior and policy",
    note: "What was believed at each decision of the policy, and where it would rather have asked first.",
    height: 300,
    wide: true,
    zoom,
    legend: [["line", "verifier", "θ*"], ["band", "verifier", "50%"], ["band-wide", "verifier", "90%"], ["diamond", "controller", "by the controller"], ["dot", "epoch", "would ask"], ["tick", "approve", "approved"], ["tick", "reject", "rejected"], ["dash", "alarm", "θ* tried"]],
    rest: (_, extra) => extra.place ?? -1,
    say: (i, _, { points: p }) => [when(p.t[i]), ["r", f.belief(p.mean[i], p.sd[i])], ["by", f.by(p.source[i], p.reason[i])], ["policy", option(p.choice[i]) + (p.ask[i] ? ", would ask" : "")], ["proposed", option(p.chosen[i])], ["they", SAID[p.feedback[i]] ?? "no answer"]],
    options: {
      axes: [timeAxis(), axis({ label: RISK })],
      scales: { x: { range: together }, y: { range: (u, low, high) => withTried(u, low, high) } },
      series: [{}, quiet, quiet, quiet, quiet, { stroke: () => colour("verifier"), width: 1.75, points: { show: false } }],
      bands: [band([1, 2], "verifier", 0.13), band([3, 4], "verifier", 0.22)],
      hooks: { draw: [tried, controllers, asks, answers, looked] },
    },
  };
}

/** All that was believed, and the θ* that is tried. */
function withTried(u, low, high) {
  const { theta } = u.bv.extra;
  return theta === null || low === null ? padded(low, high) : padded(Math.min(low, theta), Math.max(high, theta));
}

function tried(u) {
  const { theta } = u.bv.extra;
  if (theta !== null) rule(u, { at: theta, name: "alarm", word: `θ* ${f.number(theta)}` });
}

function asks(u) {
  const { points: p } = u.bv.extra;
  inside(u, (ctx) => {
    ctx.fillStyle = colour("epoch");
    p.ask.forEach((ask, i) => ask && mark(ctx, x(u, p.t[i]), y(u, p.mean[i]), 4 * ratio(), "dot"));
  });
}

/** The decision that is looked at. */
function looked(u) {
  const { points: p, place } = u.bv.extra;
  if (place !== null && p.t.length) rule(u, { at: p.t[place], down: true, name: "before", dash: [2, 3] });
}

/** How likely the option that was chosen was, and would have been. */
export function chanceChart(zoom) {
  return {
    title: "Chance of the option chosen",
    note: "Among the options, by the policy: as believed then, and with the θ* and σ tried. A mark: it would choose another.",
    height: 220,
    wide: true,
    zoom,
    legend: [["line", "verifier", "as believed"], ["line", "alarm", "tried"], ["dot", "alarm", "policy would choose another"], ["diamond", "controller", "expected value would"]],
    rest: (_, extra) => extra.place ?? -1,
    say: (i, _, { points: p }) => [
      when(p.t[i]),
      ["chosen", option(p.choice[i])],
      ["chance", f.share(p.chance[i], 1)],
      ["tried", f.share(p.would_chance[i], 1)],
      ["policy would", option(p.would_choose[i]) + (p.would_ask[i] ? ", ask first" : "")],
      ["expected value", option(p.rule[i])],
    ],
    options: {
      axes: [timeAxis(), axis({ label: "chance", values: (_, marks) => marks.map((v) => `${Math.round(100 * v)}%`) })],
      scales: { x: { range: together }, y: { range: () => [-0.08, 1.05] } },
      series: [{}, { stroke: () => colour("verifier"), width: 1.5, points: { show: false } }, { stroke: () => colour("alarm"), width: 1.5, points: { show: false } }],
      hooks: { draw: [others, looked] },
    },
  };
}

function others(u) {
  const { points: p } = u.bv.extra;
  inside(u, (ctx) => {
    p.would_choose.forEach((would, i) => {
      if (would === null) return;
      ctx.fillStyle = colour("alarm");
      if (would !== p.choice[i]) mark(ctx, x(u, p.t[i]), y(u, p.would_chance[i]), 4 * ratio(), "dot");
      ctx.fillStyle = colour("controller");
      if (p.rule[i] !== p.choice[i]) mark(ctx, x(u, p.t[i]), y(u, -0.04), 3 * ratio(), "diamond");
    });
  });
}

/** One decision at every θ*: chances of its options and of an ask. */
export function gridChart(options) {
  const names = Array.from({ length: options }, (_, i) => option(i));
  return {
    title: "This decision, had θ* been another",
    note: "Chance of each option by the policy, at the σ of this decision or the one tried. Lines: what was believed, and what is tried.",
    height: 260,
    legend: [...names.map((name, i) => ["line", OPTION_COLOURS[i], name]), ["dash", "soft", "an ask"], ["dash", "verifier", "believed"], ["dash", "alarm", "tried"]],
    rest: (data, extra) => nearest(data[0], extra.theta ?? extra.mean),
    say: (i, data, { values }) => [
      ["θ*", f.number(data[0][i])],
      ...names.map((name, n) => [name, `${f.share(data[n + 1][i], 1)}, V ${values[n] ? f.number(values[n][i]) : "–"}`]),
      ["an ask", f.share(data[options + 1][i], 1)],
    ],
    options: {
      axes: [axis({ side: 2, size: 44, grid: false, label: RISK, labelSize: 16 }), axis({ label: "chance", values: (_, marks) => marks.map((v) => `${Math.round(100 * v)}%`) })],
      scales: { x: { time: false, range: (_, low, high) => [low ?? -1.5, high ?? 2.5] }, y: { range: () => [-0.02, 1.05] } },
      series: [{}, ...names.map((_, i) => ({ stroke: () => colour(OPTION_COLOURS[i]), width: 2, points: { show: false } })), { stroke: () => colour("soft"), width: 1.5, dash: [5, 4], points: { show: false } }],
      hooks: { draw: [believed] },
    },
  };
}

function believed(u) {
  const { mean, theta } = u.bv.extra;
  rule(u, { at: mean, down: true, name: "verifier", word: "believed" });
  if (theta !== null) rule(u, { at: theta, down: true, name: "alarm", word: "tried", row: 1 });
}

const nearest = (places, at) => places.reduce((best, one, i) => (Math.abs(one - at) < Math.abs(places[best] - at) ? i : best), 0);
