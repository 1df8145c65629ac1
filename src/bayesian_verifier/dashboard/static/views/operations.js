// Which model answers, how good is it, and what waits for somebody's word?

import { get } from "../data.js";
import { h, put, table, tile, tiles } from "../dom.js";
import * as f from "../format.js";
import { decisionCard, decided } from "./decisions.js";

export const title = () => "Operations";
export const load = (_, __, signal) => get("operations", signal);

export function make(root, { again }) {
  const waiting = h("section", { "aria-label": "Decisions" });
  const kpis = h("section", {});
  const models = h("section", {});
  const runs = h("section", {});
  const past = h("section", {});
  const cards = new Map();
  root.append(h("div", { class: "page-head" }, h("div", {}, h("h1", {}, "Operations"), h("p", { class: "lead" }, "Models, trainings and decisions, and how quickly it all goes."))), waiting, kpis, models, runs, past);
  return {
    update(data) {
      keepCards(cards, waiting, data, again);
      put(kpis, indicators(data.kpis));
      put(models, h("h2", {}, "Models"), modelList(data.models));
      put(runs, h("h2", {}, "Trainings"), h("div", { class: "card stack" }, table("Trainings", RUNS, data.runs.map(run), { empty: "None yet. “bayesian-verifier retrain run” starts one, once drift or age asks for it." })));
      put(past, h("h2", {}, "Decisions"), decided(data.decisions), h("h2", {}, "Faults of the service"), faults(data.kpis.faults));
    },
    destroy() {},
  };
}

/** What somebody is writing into a card must not be lost to news: a card stays until its decision is made. */
function keepCards(cards, place, data, again) {
  const pending = data.decisions.filter((one) => one.status === "pending");
  for (const [id, card] of cards) if (!pending.some((one) => one.id === id)) (card.remove(), cards.delete(id));
  for (const one of pending)
    if (!cards.has(one.id)) {
      const card = decisionCard(one, data, again);
      cards.set(one.id, card);
      place.append(card);
    }
}

function indicators(kpis) {
  return tiles(
    tile("People who changed", `${f.count(kpis.changed)} of ${f.count(kpis.people)}`, `${f.plural(kpis.alarms, "alarm")} in ${f.plural(kpis.windows, "window")}`),
    tile("Change to alarm", f.duration(kpis.change_to_alarm), "median, from where the change is dated"),
    tile("Alarm to challenger", f.duration(kpis.alarm_to_challenger), "median, of trainings that drift asked for"),
    tile("Challenger to promotion", f.duration(kpis.challenger_to_promotion), "median, with the wait for people"),
    tile("Fault to service", f.duration(kpis.fault_to_back), "median, until the next judgment it answered"),
  );
}

function modelList(models) {
  if (!models.versions.length) return h("div", { class: "card empty" }, h("p", {}, `No model ${models.name} in the store. Another place: --models, or BV_MODEL_STORE.`));
  return models.versions.map((one) => model(one));
}

const ROLES = { current: "good", previous: "plain" };

function model(one) {
  const { headline, gate } = one;
  const role = one.role ? h("span", { class: `pill ${ROLES[one.role]}` }, one.role) : null;
  const verdict = !one.readable ? h("span", { class: "pill bad" }, "manifest unreadable") : one.passes ? null : h("span", { class: "pill bad" }, "misses its gate");
  const prior = one.prior.find(({ name }) => name === "risk_aversion");
  const line = h(
    "span",
    { class: "figures-row" },
    h("span", {}, `KL ${f.figure(headline.kl_mean)} nats`),
    h("span", {}, `mean off by ${f.figure(headline.mean_error_rms)} sd`),
    h("span", {}, `coverage off by ${one.coverage_error === null ? "–" : f.share(one.coverage_error, 1)}`),
    prior ? h("span", {}, `prior ${f.belief(prior.prior_mean, prior.prior_sd)}`) : null,
    one.trained_in ? h("span", {}, `trained in ${f.duration(1000 * one.trained_in)}`) : null,
  );
  const strata = one.strata.map((row) => [row.judgments, f.count(row.sets), f.figure(row.kl_mean), f.figure(row.mean_error_rms), f.figure(row.quantile_error_rms), f.figure(row.sd_error_rms), f.share(row.unreliable, 1)]);
  const limits = ["at most", "", f.figure(gate.mean_kl), f.figure(gate.served_mean), f.figure(gate.served_quantiles), f.figure(gate.served_sd), f.share(gate.unreliable, 1)];
  return h(
    "details",
    { class: "card model", "data-focus": `model ${one.version}`, open: one.role === "current" },
    h("summary", {}, h("b", {}, one.version), role, verdict, line),
    table(`Quality of ${one.version}`, STRATA, strata.length ? [...strata, limits] : [], { empty: "Its report cannot be read." }),
    h("p", { class: "note" }, "Against the exact posterior, on simulated people by how much they answered. Errors in sd of the exact; KL of the network alone, in nats."),
  );
}

const STRATA = [["Judgments", ""], ["People", "num"], ["KL", "num"], ["Mean", "num"], ["Quantiles", "num"], ["Sd", "num"], ["Unreliable", "num"]];
const RUNS = [["Run", "name"], ["Began", "when"], ["Why", "text"], ["Took", "num"], ["Challenger", "short"], ["Gate", "short"], ["KL: it / champion", "num"], ["e-value", "num"], ["Promoted", "when"]];
const VERDICTS = { PROMOTE: "good", HOLD: "warn", REJECT: "bad" };

function run(one) {
  const { training_started: began, training_ended: ended, gate, promotion } = one;
  const sealed = gate?.evidence?.sealed;
  return [
    one.run,
    f.time(one.t),
    began?.said ?? began?.reason ?? "",
    ended ? f.duration(1000 * ended.seconds) : "running",
    ended ? (ended.challenger ? f.version(ended.challenger) : h("span", { class: "pill plain" }, ended.outcome)) : "",
    gate ? h("span", { class: `pill ${VERDICTS[gate.verdict] ?? "plain"}`, title: (gate.reasons ?? []).join("; ") }, String(gate.verdict).toLowerCase()) : "",
    sealed ? `${f.figure(sealed.challenger_kl)} / ${f.figure(sealed.champion_kl)}` : "",
    f.figure(gate?.evidence?.next_answers?.evidence),
    promotion ? f.time(promotion.t) : "",
  ];
}

const FAULTS = [["Began", "when name"], ["Lasted", "num"], ["Judgments", "num"], ["To fallback", "num"], ["Back", "when"]];

const faults = (found) =>
  h("div", { class: "card stack" }, table("Faults", FAULTS, found.map((one) => [f.time(one.began), one.back === null ? "still" : f.duration(one.back - one.began), f.count(one.judgments), f.ms(one.fallback_ms), one.back === null ? "" : f.time(one.back)]), { empty: "None in the journal." }));
