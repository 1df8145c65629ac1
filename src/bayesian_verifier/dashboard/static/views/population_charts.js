// How is the population drawn?

import { axis, colour, decades, inside, mark, ratio, rule, since, timeAxis, tint, when, x, y } from "../chart.js";
import * as f from "../format.js";

const line = (name, more = {}) => ({ stroke: () => colour(name), width: 1.75, points: { show: false }, spanGaps: true, ...more });
const fromZero = (least = 1) => ({ range: (_, __, high) => [0, Math.max(least, (high ?? least) * 1.1)] });

/** R of every window, against the threshold. */
export function driftChart(zoom, threshold) {
  return {
    title: "Drift statistic",
    note: `R of every window, on a logarithmic scale. Without change it reaches ${f.figure(threshold)} once in ${f.figure(threshold)} windows of a person, or less often.`,
    height: 240,
    zoom,
    wide: true,
    legend: [["dot", "verifier", "a window"], ["dot", "alarm", "alarm"], ["dash", "alarm", "threshold"]],
    say: (i, data, extra) => [when(data[0][i]), ["R", f.figure(extra.statistics.statistic[i])], ["alarm", extra.statistics.alarm[i] ? "yes" : "no"]],
    options: {
      axes: [timeAxis(), decades("R")],
      scales: { y: { distr: 3, range: (_, __, high) => [0.1, Math.max(threshold * 3, (high ?? 1) * 2)] } },
      series: [{}, { stroke: "transparent", width: 0, points: { show: false } }],
      hooks: { draw: [(u) => rule(u, { at: threshold, name: "alarm", word: `alarm at ${f.figure(threshold)}` }), statistics] },
    },
  };
}

function statistics(u) {
  const { t, statistic, alarm } = u.bv.extra.statistics;
  inside(u, (ctx) => {
    const r = ratio();
    t.forEach((at, i) => {
      ctx.fillStyle = alarm[i] ? colour("alarm") : tint("verifier", 0.5);
      mark(ctx, x(u, at), y(u, Math.max(0.1, statistic[i])), (alarm[i] ? 5 : 2.6) * r, "dot");
    });
  });
}

/** How many people believe what: now, and when the range began. */
export function meansChart() {
  return {
    title: "Distribution of means",
    note: "People by their posterior mean, as the service last gave it.",
    legend: [["block", "verifier", "at the end of the range"], ["dash", "before", "at its beginning"]],
    say: (i, data, { means }) => [["r", f.interval(means.edges[i], means.edges[i + 1])], ["now", f.plural(data[1][i], "person", "people")], ["then", f.plural(data[2][i], "person", "people")]],
    options: {
      axes: [axis({ side: 2, size: 46, labelSize: 16, grid: false, label: "risk aversion r" }), axis({ label: "people", size: 46, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10_000, 100_000] })],
      scales: { x: { time: false, range: (u) => ends(u) }, y: fromZero() },
      series: [{}, { stroke: "transparent", width: 0, points: { show: false } }, { stroke: "transparent", width: 0, points: { show: false } }],
      hooks: { draw: [bars] },
    },
  };
}

function ends(u) {
  const { edges } = u.bv.extra.means;
  return edges.length ? [edges[0], edges[edges.length - 1]] : [-1, 2];
}

function bars(u) {
  const { edges, now, then } = u.bv.extra.means;
  if (!edges.length) return;
  inside(u, (ctx) => {
    const r = ratio();
    const zero = y(u, 0);
    ctx.fillStyle = tint("verifier", 0.6);
    now.forEach((count, i) => {
      const [left, right] = [x(u, edges[i]) + r, x(u, edges[i + 1]) - r];
      ctx.fillRect(left, y(u, count), right - left, zero - y(u, count));
    });
    ctx.strokeStyle = colour("before");
    ctx.lineWidth = 1.75 * r;
    ctx.setLineDash([5 * r, 4 * r]);
    ctx.beginPath();
    ctx.moveTo(x(u, edges[0]), zero);
    then.forEach((count, i) => {
      ctx.lineTo(x(u, edges[i]), y(u, count));
      ctx.lineTo(x(u, edges[i + 1]), y(u, count));
    });
    ctx.lineTo(x(u, edges[edges.length - 1]), zero);
    ctx.stroke();
  });
}

const REASONS = ["circuit_open", "unreachable", "timeout", "wide_posterior", "no_evidence"];
const HUE_OF = { circuit_open: "r2", unreachable: "r3", timeout: "r6", wide_posterior: "r1", no_evidence: "r4" };

/** Shares by reason, one on top of the other: layers from the lowest edge up, and what each is called. */
export function stack({ answers, reasons }) {
  const names = [...REASONS, "other"];
  const shares = names.map((name) => answers.t.map((_, i) => {
    const known = name === "other" ? Object.entries(reasons).filter(([one]) => !REASONS.includes(one)).reduce((sum, [, counts]) => sum + counts[i], 0) : reasons[name]?.[i] ?? 0;
    return (100 * known) / answers.judgments[i];
  }));
  const layers = [];
  shares.forEach((row, n) => layers.push(row.map((share, i) => share + (n ? layers[n - 1][i] : 0))));
  return { names, shares, layers };
}

/** Who answered instead of the service, and why. */
export function reasonsChart(zoom) {
  const names = [...REASONS, "other"];
  return {
    title: "Fallback",
    note: "Share of judgments that went by the controller, by reason.",
    zoom,
    legend: names.map((name) => ["block", HUE_OF[name] ?? "r5", name === "other" ? "other" : f.word(name)]),
    say: (i, data, { answers, stacked, width }) => [
      since(data[0][i], width),
      ["fallback", `${f.share(answers.controller[i], answers.judgments[i])} of ${f.count(answers.judgments[i])}`],
      ...stacked.names.map((name, n) => [name === "other" ? name : f.word(name), stacked.shares[n][i]]).filter(([, part]) => part > 0).map(([name, part]) => [name, `${part.toFixed(1)}%`]),
    ],
    options: {
      axes: [timeAxis(), axis({ label: "% of judgments" })],
      scales: { y: { range: (_, __, high) => [0, Math.min(100, Math.max(5, (high ?? 5) * 1.1))] } },
      series: [{}, ...names.map(() => ({ stroke: "transparent", width: 0, points: { show: false } }))],
      hooks: { draw: [layered] },
    },
  };
}

function layered(u) {
  const { answers, stacked, width } = u.bv.extra;
  inside(u, (ctx) => {
    const r = ratio();
    stacked.layers.forEach((row, n) => {
      ctx.fillStyle = colour(HUE_OF[stacked.names[n]] ?? "r5");
      row.forEach((top, i) => {
        const base = n ? stacked.layers[n - 1][i] : 0;
        if (top <= base) return;
        const [left, right] = [x(u, answers.t[i]), x(u, answers.t[i] + width)];
        ctx.fillRect(left + 0.5 * r, y(u, top), Math.max(1.5 * r, right - left - r), y(u, base) - y(u, top));
      });
    });
  });
}

/** How long an assessment takes. */
export function latencyChart(zoom) {
  return {
    title: "Latency of an assessment",
    note: "From the call to its answer, as the Judgment Layer journalled it.",
    zoom,
    legend: [["line", "p50", "median"], ["line", "p95", "95%"], ["line", "p99", "99%"]],
    say: (i, data, { width }) => [since(data[0][i], width), ["median", f.ms(data[1][i])], ["95%", f.ms(data[2][i])], ["99%", f.ms(data[3][i])]],
    options: {
      axes: [timeAxis(), decades("ms")],
      scales: { y: { distr: 3 } },
      series: [{}, line("p50"), line("p95"), line("p99")],
    },
  };
}

const medianAnd90 = { zoom: null, legend: [["line", "verifier", "median window"], ["dash", "verifier", "90% of windows below"]] };
const pair = () => [{}, line("verifier"), line("verifier", { dash: [5, 4], width: 1.25 })];

/** How far from the window before. */
export const klChart = (zoom) => ({
  ...medianAnd90,
  title: "KL from the window before",
  note: "It is shown, and decides nothing: it is large without any change, too.",
  zoom,
  say: (i, data, { drift, width }) => [since(data[0][i], width), ["median", `${f.figure(data[1][i])} nats`], ["90%", `${f.figure(data[2][i])} nats`], ["windows", f.count(drift.windows[i])]],
  options: { axes: [timeAxis(), axis({ label: "nats" })], scales: { y: fromZero() }, series: pair() },
});

/** How fast. */
export const rateChart = (zoom) => ({
  ...medianAnd90,
  title: "Rate of change",
  note: "√(2·JS) a day between neighbouring windows of a person.",
  zoom,
  say: (i, data, { width }) => [since(data[0][i], width), ["median", `${f.figure(data[1][i])} a day`], ["90%", `${f.figure(data[2][i])} a day`]],
  options: { axes: [timeAxis(), axis({ label: "a day" })], scales: { y: fromZero(0.1) }, series: pair() },
});

/** Do service and controller contradict each other? */
export const conflictChart = (zoom) => ({
  title: "Conflict",
  note: "Service against controller, where both were asked: how many sd their means are apart.",
  zoom,
  legend: [["line", "verifier", "median pair"], ["dash", "verifier", "90% of pairs below"], ["dash", "alarm", "2 sd"]],
  say: (i, data, { conflict, width }) => [since(data[0][i], width), ["median", `${f.number(data[1][i])} sd`], ["90%", `${f.number(data[2][i])} sd`], ["pairs", `${f.count(conflict.pairs[i])}, of which ${f.count(conflict.other_choice[i])} chose otherwise`]],
  options: { axes: [timeAxis(), axis({ label: "sd" })], scales: { y: fromZero(2.4) }, series: pair(), hooks: { draw: [(u) => rule(u, { at: 2, name: "alarm", word: "2 sd" })] } },
});

/** How well was the next answer foreseen? */
export const lossChart = (zoom) => ({
  title: "Predictive log-loss",
  note: "Of a window's answers, as the window before would have foreseen them. A coin has 0.69.",
  zoom,
  legend: [["line", "verifier", "mean of windows"], ["dash", "before", "a coin"]],
  say: (i, data, { drift, width }) => [since(data[0][i], width), ["log-loss", `${f.number(data[1][i])} nats`], ["windows", f.count(drift.windows[i])]],
  options: { axes: [timeAxis(), axis({ label: "nats" })], scales: { y: fromZero(0.8) }, series: [{}, line("verifier")], hooks: { draw: [(u) => rule(u, { at: Math.LN2, name: "before", word: "a coin" })] } },
});

/** How sure is the service? */
export const widthChart = (zoom) => ({
  title: "Width of beliefs",
  note: "Posterior sd of risk aversion, median of the judgments; above the layer's limit (0.6 by default) the controller stands in.",
  zoom,
  legend: [["line", "verifier", "median judgment"]],
  say: (i, data, { answers, width }) => [since(data[0][i], width), ["sd", f.number(data[1][i])], ["judgments", f.count(answers.judgments[i])]],
  options: { axes: [timeAxis(), axis({ label: "sd of r" })], scales: { y: fromZero(0.2) }, series: [{}, line("verifier")] },
});
