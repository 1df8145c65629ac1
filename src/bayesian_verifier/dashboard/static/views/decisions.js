// What waits for somebody's word, and how is it given?

import { decide, hasToken, setToken } from "../data.js";
import { h, table } from "../dom.js";
import * as f from "../format.js";

/** A request with its two buttons. */
export function decisionCard(one, data, again) {
  const run = data.runs.find((other) => other.gate?.challenger === one.challenger);
  const said = h("p", { class: "said", role: "status" });
  const by = h("input", { name: "by", autocomplete: "name", required: true, maxlength: 80 });
  const why = h("input", { name: "why", autocomplete: "off", maxlength: 500 });
  const token = h("input", { name: "token", type: "password", autocomplete: "off", required: true });
  const buttons = [h("button", { class: "main", type: "submit", value: "approve" }, "Approve"), h("button", { class: "no", type: "submit", value: "reject" }, "Reject")];
  const form = h(
    "form",
    {},
    field("Your name", by),
    field("Why (optional)", why, "field grow"),
    hasToken() ? null : field("Token", token),
    buttons,
    said,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const verdict = event.submitter?.value ?? "approve";
    if (token.isConnected) setToken(token.value.trim());
    buttons.forEach((button) => (button.disabled = true));
    said.className = "said";
    try {
      await decide(one.id, { verdict, by: by.value.trim(), why: why.value.trim() || null });
      said.textContent = verdict === "approve" ? "Approved." : "Rejected.";
      said.classList.add("good");
      again();
    } catch (error) {
      said.textContent = error.status === 401 ? "The token was refused." : error.message;
      said.classList.add("bad");
      buttons.forEach((button) => (button.disabled = false));
    }
  });
  return h(
    "article",
    { class: "card decision", "data-request": one.id },
    h("h3", {}, question(one)),
    h("p", {}, one.challenger ? `It would take the place of ${f.version(one.champion)}. ${gate(run)}` : `${f.version(one.champion)} answers until it is promoted.`),
    h("p", {}, `Asked ${f.time(one.t)}. ${one.expires === null ? "It does not expire." : `Without an answer by ${f.time(one.expires)} it is ${one.default === "approve" ? "approved" : "rejected"}.`} Request `, h("code", {}, one.id.slice(0, 12))),
    data.decides ? form : h("p", {}, "Decisions need a token, and none is set: start the page with --token-file (the service: BV_TOKEN_FILE), or run ", h("code", {}, `bayesian-verifier retrain approve ${one.id}`), "."),
  );
}

/** What is asked, in a sentence. */
function question(one) {
  if (one.what === "promotion") return `Let ${f.version(one.challenger)} answer from now on?`;
  return one.what === "training" ? `Train a challenger of ${f.version(one.champion)}?` : `Approve: ${one.what}?`;
}

const field = (text, input, kind = "field") => h("label", { class: kind }, text, input);

const gate = (run) => (run?.gate ? `The gate says ${String(run.gate.verdict).toLowerCase()}: ${(run.gate.reasons ?? []).join(", ")}.` : "");

const COLUMNS = [["Asked", "when name"], ["What", ""], ["Challenger", "short"], ["Outcome", ""], ["By", ""], ["When", "when"], ["Why", "text"]];
const STATUS = { pending: "warn", approved: "good", rejected: "bad", expired: "plain" };

/** What was asked, and how it ended. */
export const decided = (found) =>
  h(
    "div",
    { class: "card stack" },
    table("Decisions", COLUMNS, found.map((one) => [f.time(one.t), one.what ?? "", f.version(one.challenger), h("span", { class: `pill ${STATUS[one.status] ?? "plain"}` }, one.status), one.by ?? "", f.time(one.decided), one.why ?? ""]), { empty: "Nobody was asked yet." }),
  );
