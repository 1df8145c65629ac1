// Where do figures come from, and how is the page told of new ones?

const TOKEN = "bv-token";
let token = null;
try {
  token = sessionStorage.getItem(TOKEN);
} catch {
  // a browser that keeps nothing asks again after each loading
}

let unlock = () => {};
let unlocked = Promise.resolve();

/** Nobody asks any more until there is another token. */
export function lock() {
  unlocked = new Promise((done) => (unlock = done));
}

export const hasToken = () => Boolean(token);
export function setToken(text) {
  token = text || null;
  unlock();
  try {
    if (token) sessionStorage.setItem(TOKEN, token);
    else sessionStorage.removeItem(TOKEN);
  } catch {
    // kept in this page alone
  }
}

/** What the server refuses, and why. status 0: it is not there. */
export class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

const headers = (more = {}) => ({ ...more, ...(token ? { Authorization: `Bearer ${token}` } : {}) });

async function answered(path, options) {
  let reply;
  try {
    reply = await fetch(`api/${path}`, { cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, "the server does not answer");
  }
  if (reply.ok) return reply;
  const said = await reply.json().catch(() => ({}));
  throw new Refused(reply.status, said.detail ?? reply.statusText);
}

export const get = async (path, signal) => (await answered(path, { headers: headers(), signal })).json();

export const decide = async (request, decision) =>
  (
    await answered(`decisions/${encodeURIComponent(request)}`, {
      method: "POST",
      headers: headers({ "Content-Type": "application/json" }),
      body: JSON.stringify(decision),
    })
  ).json();

// A browser keeps six connections to a server, over all its tabs: only a page that is seen may hold one open.
let seen = Promise.resolve();
let reveal = null;
let stream = null;

function hide() {
  if (!reveal) seen = new Promise((done) => (reveal = done));
  stream?.abort();
}

function show() {
  reveal?.();
  reveal = null;
}

addEventListener("pagehide", hide);
addEventListener("pageshow", show);
document.addEventListener("visibilitychange", () => (document.hidden ? hide() : show()));
if (document.hidden) hide();

/** Calls heard(news) for each event and state("live" | "away" | "locked") as it changes; goes on for ever. */
export async function follow(heard, state) {
  let wait = 500;
  for (;;) {
    await seen;
    await unlocked;
    stream = new AbortController();
    try {
      const reply = await answered("stream", { headers: headers({ Accept: "text/event-stream" }), signal: stream.signal });
      state("live");
      wait = 500;
      await events(reply.body, heard);
      state("away");
    } catch (error) {
      if (error.name === "AbortError") continue;
      if (error.status === 401) lock();
      state(error.status === 401 ? "locked" : "away");
    }
    await new Promise((done) => setTimeout(done, wait));
    wait = Math.min(2 * wait, 8000);
  }
}

async function events(body, heard) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const data = part.split("\n").filter((line) => line.startsWith("data: "));
      if (data.length) heard(JSON.parse(data.map((line) => line.slice(6)).join("\n")));
    }
  }
}
