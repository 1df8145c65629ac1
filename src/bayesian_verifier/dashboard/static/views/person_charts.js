// How are one person's beliefs, windows and densities drawn?

import { axis, colour, decades, inside, mark, ratio, rule, timeAxis, tint, together, when, x, y } from "../chart.js";
import * as f from "../format.js";

export const RISK = "risk aversion r";
const R_RANGE = { y: { range: (_, low, high) => padded(low, high) } };

export function padded(low, high) {
  if (low === null) return [-1, 2];
  const room = Math.max(0.15, 0.08 * (high - low));
  return [low - room, high + room];
}

export const band = (series, name, amount) => ({ series, fill: () => tint(name, amount) });
export const quiet = { stroke: "transparent", width: 0, points: { show: false } };

/** Mean and intervals over time, who said so, what they answered, and where evidence began anew. */
export function beliefChart(zoom) {
  return {
    title: "Belief over time",
    note: "Posterior of risk aversion with each judgment. Drag to choose a range, double-click for all.",
    height: 320,
    zoom,
    legend: [["line", "verifier", "mean"], ["band", "verifier", "50%"], ["band-wide", "verifier", "90%"], ["diamond", "controller", "by the controller"], ["tick", "approve", "approved"], ["tick", "reject", "rejected"], ["dash", "epoch", "evidence begins anew"], ["dash", "alarm", "change noticed"]],
    say: (i, data, extra) => {
      const p = extra.points;
      return [
        when(p.t[i]),
        ["r", f.belief(p.mean[i], p.sd[i])],
        ["50%", f.interval(p.q25[i], p.q75[i])],
        ["90%", f.interval(p.q05[i], p.q95[i])],
        ["by", f.by(p.source[i], p.reason[i])],
        ["they", { approve: "approved", reject: "rejected" }[p.feedback[i]] ?? (p.reward[i] !== null ? `reward ${f.signed(p.reward[i])}` : "no answer")],
      ];
    },
    options: {
      axes: [timeAxis(), axis({ label: RISK })],
      scales: { x: { range: together }, ...R_RANGE },
      series: [{}, quiet, quiet, quiet, quiet, { stroke: () => colour("verifier"), width: 1.75, points: { show: false } }],
      bands: [band([1, 2], "verifier", 0.13), band([3, 4], "verifier", 0.22)],
      hooks: { draw: [events, controllers, answers] },
    },
  };
}

function events(u) {
  const { epochs = [], windows = [] } = u.bv.extra;
  for (const one of windows) if (one.alarm) rule(u, { at: one.ended, down: true, name: "alarm", word: "noticed", row: 1 });
  for (const one of epochs) if (one.undone === null) rule(u, { at: one.from, down: true, name: "epoch", word: "new epoch" });
}

export function controllers(u) {
  const { points } = u.bv.extra;
  inside(u, (ctx) => {
    ctx.fillStyle = colour("controller");
    points.source.forEach((source, i) => {
      if (source !== "verifier" && points.mean[i] !== null) mark(ctx, x(u, points.t[i]), y(u, points.mean[i]), 4 * ratio(), "diamond");
    });
  });
}

/** Answers stand along the lower edge: approvals up, rejections below them. */
export function answers(u) {
  const { points } = u.bv.extra;
  inside(u, (ctx, box) => {
    const r = ratio();
    const low = box.top + box.height;
    ctx.lineWidth = 1.5 * r;
    for (const [said, name, top, bottom] of [["approve", "approve", 18, 10], ["reject", "reject", 9, 1]]) {
      ctx.strokeStyle = colour(name);
      ctx.beginPath();
      points.feedback.forEach((one, i) => {
        if (one !== said) return;
        const px = Math.round(x(u, points.t[i]));
        ctx.moveTo(px, low - top * r);
        ctx.lineTo(px, low - bottom * r);
      });
      ctx.stroke();
    }
  });
}

/** What is believed now, and what was. */
export function densityChart() {
  return {
    title: "Belief now and before",
    note: "A density through the quantiles in the journal.",
    height: 320,
    rest: (data) => data[1].indexOf(Math.max(...data[1])),
    legend: [["band", "verifier", "now"], ["dash", "before", "before"]],
    say: (i, data, extra) => [
      ["r", f.number(data[0][i])],
      ["density now", f.figure(data[1][i])],
      ["before", f.figure(data[2][i])],
      ["was", `${f.belief(extra.before.mean, extra.before.sd)} ${extra.before.what}, ${f.date(extra.before.t)}`],
    ],
    options: {
      axes: [axis({ side: 2, size: 44, grid: false, label: RISK, labelSize: 16 }), axis({ label: "density" })],
      scales: { x: { time: false }, y: { range: (_, low, high) => [0, (high ?? 1) * 1.08] } },
      series: [{}, { stroke: () => colour("verifier"), width: 2, fill: () => tint("verifier", 0.16), points: { show: false } }, { stroke: () => colour("before"), width: 1.75, dash: [6, 4], points: { show: false } }],
    },
  };
}

/** Windows by themselves: each from when to when, its mean, and its 90% interval. */
export function windowChart(zoom) {
  return {
    title: "Windows",
    note: "Answers in batches that share none, each read afresh from the prior.",
    height: 220,
    zoom,
    legend: [["dot", "verifier", "mean"], ["band", "verifier", "90%, from first to last answer"], ["dot", "alarm", "change noticed"]],
    say: (i, _, { windows }) => [
      when(windows[i].ended),
      ["window", String(windows[i].number)],
      ["r", f.belief(windows[i].mean, windows[i].sd)],
      ["moved", windows[i].forward === null ? "first" : `KL ${f.figure(windows[i].forward)} nats, ${f.figure(windows[i].rate)} a day`],
      ["log-loss", windows[i].log_loss === null ? "–" : `${f.number(windows[i].log_loss)} nats`],
      ...(windows[i].trustworthy ? [] : [["doubted", "by its own checks"]]),
    ],
    options: {
      axes: [timeAxis(), axis({ label: RISK })],
      scales: { x: { range: together }, y: { range: (u) => windowRange(u) } },
      series: [{}, { stroke: "transparent", width: 0, points: { show: false } }],
      hooks: { draw: [boxes] },
    },
  };
}

function windowRange(u) {
  const found = u.bv.extra.windows;
  const ends = found.flatMap((one) => [one.mean - 1.645 * one.sd, one.mean + 1.645 * one.sd]);
  return ends.length ? padded(Math.min(...ends), Math.max(...ends)) : [-1, 2];
}

function boxes(u) {
  inside(u, (ctx) => {
    const r = ratio();
    for (const one of u.bv.extra.windows) {
      const name = one.alarm ? "alarm" : "verifier";
      const [left, right] = [x(u, one.began), x(u, one.ended)];
      const [top, low] = [y(u, one.mean + 1.645 * one.sd), y(u, one.mean - 1.645 * one.sd)];
      ctx.fillStyle = tint(name, 0.16);
      ctx.fillRect(left, top, Math.max(2 * r, right - left), low - top);
      ctx.strokeStyle = colour(name);
      ctx.lineWidth = 1.5 * r;
      ctx.beginPath();
      ctx.moveTo(left, y(u, one.mean));
      ctx.lineTo(Math.max(right, left + 2 * r), y(u, one.mean));
      ctx.stroke();
      ctx.fillStyle = colour(name);
      mark(ctx, (left + right) / 2, y(u, one.mean), 3.5 * r, one.trustworthy ? "dot" : "ring");
    }
  });
}

/** Have they changed? R after each window, against the threshold. */
export function driftChart(zoom, threshold) {
  return {
    title: "Has this person changed?",
    note: `The detector's R after each window, on a logarithmic scale; an alarm at ${f.figure(threshold)}, after which it begins anew.`,
    height: 220,
    zoom,
    legend: [["line", "verifier", "R"], ["dash", "alarm", "threshold"], ["dot", "alarm", "alarm"]],
    say: (i, _, { windows }) => [
      when(windows[i].ended),
      ["R", windows[i].statistic === null ? "not heard yet" : f.figure(windows[i].statistic)],
      ...(windows[i].alarm ? [["changed", `by ${f.moved(windows[i])} since ${f.date(windows[i].change_began)}`]] : []),
    ],
    options: {
      axes: [timeAxis(), decades("R")],
      scales: { x: { range: together }, y: { distr: 3, range: (_, low, high) => [0.1, Math.max(threshold * 3, (high ?? 1) * 2)] } },
      series: [{}, { stroke: () => colour("verifier"), width: 1.75, points: { show: true, size: 5, fill: () => colour("verifier"), stroke: () => colour("verifier") } }],
      hooks: { draw: [(u) => rule(u, { at: threshold, name: "alarm", word: `alarm at ${f.figure(threshold)}` }), alarms] },
    },
  };
}

function alarms(u) {
  inside(u, (ctx) => {
    ctx.fillStyle = colour("alarm");
    for (const one of u.bv.extra.windows) if (one.alarm) mark(ctx, x(u, one.ended), y(u, one.statistic), 5 * ratio(), "dot");
  });
}
