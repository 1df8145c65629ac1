// What did a policy decide for one person, on which belief, and what would it have done with another?

import { Chart } from "../chart.js";
import { get } from "../data.js";
import { h, put, table, tile, tiles } from "../dom.js";
import * as f from "../format.js";
import { ranges, zoomed } from "../ranges.js";
import { go, link, query, range } from "../route.js";
import { chanceChart, gridChart, option, traceChart } from "./policy_charts.js";

export const title = (data) => (data ? `${data.subject}, policy` : "Policy");
export const load = (route, state, signal) => get(`policy/${encodeURIComponent(route.key ?? "")}${query({ ...range(route, state.last), theta: route.theta, sigma: route.sigma, at: route.at })}`, signal);

const SHOWN_FOR_MS = 90; // a slider moves faster than answers come

export function make(root) {
  let route = null;
  let drawn = null;
  let charts = [];
  let waiting = null;
  let data = null;
  const zoom = zoomed(() => route);
  const head = h("div", { class: "page-head" });
  const notes = h("div", {});
  const theta = slider("theta", "θ* tried", -1.5, 2.5, 0.05, (value) => soon({ theta: value }));
  const sigma = slider("sigma", "σ tried", 0.05, 1.5, 0.05, (value) => soon({ sigma: value }));
  const back = h("button", { type: "button", id: "as-believed", onclick: () => go({ ...route, theta: null, sigma: null }, { replace: true }) }, "As believed");
  const figures = h("div", {});
  const above = h("div", { class: "grid" });
  const scrub = slider("at", "Decision", 0, 0, 1, (place) => soon({ at: data.points.id[place] }));
  const one = h("div", { class: "grid three" });
  root.append(head, notes, h("section", { class: "card tools what-if", "aria-label": "Another belief" }, theta.element, sigma.element, back), figures, above, h("h2", {}, "One decision"), h("section", { class: "card tools what-if", "aria-label": "Which decision" }, scrub.element), one);

  function soon(change) {
    const wanted = { ...route, ...change };
    route = wanted;
    clearTimeout(waiting);
    waiting = setTimeout(() => go(wanted, { replace: true }), SHOWN_FOR_MS);
  }

  function draw(name, options) {
    charts.forEach((chart) => chart.destroy());
    charts = [new Chart(traceChart(zoom)), new Chart(chanceChart(zoom)), new Chart(gridChart(options))];
    put(above, charts[0].element, charts[1].element);
    drawn = name;
  }

  return {
    update(found, asked) {
      data = found;
      route = asked;
      const p = data.points;
      const at = data.one;
      const options = at?.met?.options.length ?? 2;
      const name = `${data.key} ${options}`;
      if (drawn !== name) draw(name, options);
      put(head, h("div", {}, h("a", { class: "crumb", href: link({ view: "person", key: data.key }), "data-focus": "crumb" }, data.subject), h("h1", {}, `Policy for ${data.subject}`), h("p", { class: "lead" }, summary(data))), ranges(route));
      put(notes, notices(data));
      theta.show(data.theta ?? at?.mean ?? 0.5, data.theta === null ? "as believed" : f.number(data.theta));
      sigma.show(data.sigma ?? at?.sd ?? 0.5, data.sigma === null ? "as believed" : f.number(data.sigma));
      back.disabled = data.theta === null && data.sigma === null;
      put(figures, facts(data));
      const extra = { points: p, place: at?.place ?? null, theta: data.theta };
      charts[0].update([p.t, p.q95, p.q05, p.q75, p.q25, p.mean], extra);
      charts[1].update([p.t, p.chance, p.would_chance], extra);
      scrub.reach(p.t.length - 1);
      scrub.show(at?.place ?? 0, at ? `${at.place + 1} of ${p.t.length}, ${f.time(at.t)}` : "none in this range");
      put(one, at?.met ? card(at, p) : h("p", { class: "card" }, at ? "This decision cannot be read." : "No decision in this range. Choose another above."), at?.grid ? charts[2].element : null);
      if (at?.grid) charts[2].update([at.grid.theta, ...at.grid.chances.map((c) => c ?? at.grid.theta.map(() => null)), at.grid.ask ?? at.grid.theta.map(() => null)], { values: at.grid.values, mean: at.mean, theta: data.theta });
    },
    destroy() {
      clearTimeout(waiting);
      charts.forEach((chart) => chart.destroy());
    },
  };
}

/** A slider with its value in words; what it holds while it is moved is left alone. */
function slider(id, text, least, most, step, moved) {
  const words = h("output", { for: id });
  const input = h("input", { id, type: "range", min: least, max: most, step, "data-focus": id });
  input.addEventListener("input", () => moved(Number(input.value)));
  return {
    element: h("label", { class: "slider" }, h("span", {}, text), input, words),
    reach: (end) => input.setAttribute("max", Math.max(0, end)),
    show(value, said) {
      if (document.activeElement !== input || Math.abs(Number(input.value) - value) > step) input.value = value;
      input.setAttribute("aria-valuetext", said);
      words.textContent = said;
    },
  };
}

function summary(data) {
  const shown = data.points.t.length < data.in_range ? `, of which the newest ${f.count(data.points.t.length)} are shown` : "";
  const who = data.policies.map((one) => (one.there ? `${one.version} (${one.arm}, environment ${one.environment})` : one.version)).join(", ");
  return `${f.plural(data.decisions, "decision")} from ${f.date(data.first)} to ${f.date(data.last)}; ${f.count(data.in_range)} in this range${shown}. Policy ${who}.`;
}

function notices(data) {
  const found = data.policies.filter((one) => !one.there).map((one) => h("div", { class: "notice warn" }, h("b", {}, `Policy ${one.version} is not here.`), h("span", {}, "Its decisions are shown, but it cannot be asked again: put its file into the directory of BV_POLICIES.")));
  if (data.differ.not_same) found.push(h("div", { class: "notice bad" }, h("b", {}, `${f.plural(data.differ.not_same, "decision")} cannot be repeated.`), h("span", {}, "Asked again with what was believed, the policy says something else than the journal: case, surroundings or program have changed.")));
  return found;
}

function facts({ differ, theta, sigma }) {
  const tried = theta === null && sigma === null ? "as believed" : `at ${[theta === null ? null : `θ* ${f.number(theta)}`, sigma === null ? null : `σ ${f.number(sigma)}`].filter(Boolean).join(", ")}`;
  return tiles(
    tile("Policy would choose another", f.count(differ.policy), `of ${f.count(differ.of)} decisions, ${tried}`, { id: "fact-policy", class: differ.policy ? "tile bad" : "tile" }),
    tile("Policy would ask first", f.count(differ.asks), `${f.count(differ.asked)} as believed then`, { id: "fact-asks" }),
    tile("Expected value would choose another", f.count(differ.rule), `than the policy did, ${tried}`, { id: "fact-rule", class: differ.rule ? "tile warn" : "tile" }),
    tile("Repeated to the digit", f.share(differ.of - differ.not_same, differ.of), "of decisions, asked again with what was believed", { id: "fact-same" }),
  );
}

const COLUMNS = [["Option", "short"], ["Outcomes", ""], ["Latency", "num"], ["Energy", "num"], ["Score", "num"], ["Then", ""], ["Tried", ""]];

function card(at, p) {
  const i = at.place;
  const rows = at.met.options.map((one, n) => [
    `${n + 1}`,
    one.outcomes.map(([payoff, chance]) => `${f.figure(payoff)} with ${f.share(chance, 1)}`).join(", "),
    f.number(one.latency),
    f.number(one.energy),
    f.number(at.scores[n]),
    pills([at.choice === n ? ["plain", "policy"] : null, at.chosen === n ? ["good", "proposed"] : null]),
    pills([p.would_choose[i] === n ? ["bad", "policy"] : null, p.rule[i] === n ? ["warn", "expected value"] : null]),
  ]);
  const said = { approve: "approved", reject: "rejected" }[at.feedback] ?? "not answered";
  const ask = at.ask_score === null ? "nothing could be asked" : `score of an ask ${f.number(at.ask_score)}${at.ask ? ", so it would rather have asked" : ""}`;
  return h(
    "section",
    { class: "card stack", id: "decision" },
    h("h3", {}, f.fullTime(at.t)),
    h("p", { class: "note" }, `Believed ${f.belief(at.mean, at.sd)} by the ${f.by(at.source, at.reason)}; stake ${f.number(at.met.stake)}, temperature ${f.number(at.temperature)}; ${ask}; ${said}. State ${at.s}.`),
    table("Options", COLUMNS, rows),
  );
}

const pills = (all) => all.filter(Boolean).map(([kind, text]) => [h("span", { class: `pill ${kind}` }, text), " "]);
