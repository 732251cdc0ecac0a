"use strict";
// Rows of one table over all workers, a page at a time; everything shown is text, never markup.

const ROWS = 50, WAIT_MS = 10000, TOLD = 6;
const $ = (id) => document.getElementById(id);
const tables = new Map();
let last = "", looks = 0;

function node(tag, text, name) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (name) made.className = name;
  return made;
}

async function asked(path) {
  const token = sessionStorage.getItem("token");
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const answer = await fetch(path, { headers, signal: AbortSignal.timeout(WAIT_MS) })
    .catch((error) => { throw new Error(`The worker does not answer, try again (${error.message})`); });
  // The control room asks for a token, and leads back.
  if (answer.status === 401) location.replace(`./#tables.html${location.hash}`);
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.detail);
  return told;
}

// No duration is that long, and no moment of ours that long ago.
const told = (name, value) =>
  name.endsWith("_ms") && value > 1e12 ? new Date(value).toISOString() : String(value);

// The first of a row's plain fields, but for its key; all of it is behind them.
function gist(key, value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return [JSON.stringify(value)];
  return Object.entries(value).filter(([, one]) => one !== null && one !== "" && one !== key && typeof one !== "object")
    .slice(0, TOLD).map(([name, one]) => `${name}=${told(name, one)}`);
}

function item({ key, value }) {
  const made = node("details"), line = node("summary"), small = node("small");
  // Each by itself: one that is written from the right, or says so, turns no other round.
  small.append(...gist(key, value).flatMap((one) => [node("bdi", one), "  "]));
  line.append(node("b", key), " ", small);
  made.append(line, node("pre", JSON.stringify(value, null, 2)));
  const row = node("li");
  row.append(made);
  return row;
}

async function show(after) {
  const name = $("table").value, wanted = { workers: "all", limit: ROWS, prefix: $("prefix").value, after };
  const { key, help } = tables.get(name);
  const look = ++looks;  // What was asked before it and comes later is nobody's any more.
  if (!after) { $("rows").replaceChildren(); $("more").hidden = true; }
  $("about").textContent = `${help} Keys: ${key}.`;
  try {
    const page = await asked(`/tables/${name}/?${new URLSearchParams(wanted)}`);
    if (look !== looks) return;
    $("rows").append(...page.rows.map(item));
    last = page.rows.at(-1)?.key ?? after;
    $("more").hidden = !page.more;
    const count = $("rows").children.length;
    say(count ? `${count} row${count === 1 ? "" : "s"}${page.more ? ", and more" : ""}` : "No such row");
  } catch (error) {
    if (look === looks) say(error.message, true);
  }
}

function say(text, bad = false) {
  $("status").textContent = text;
  $("status").classList.toggle("warn", bad);
}

// The table that the address names, so that links and the way back lead to it.
function follow() {
  const named = location.hash.slice(1);
  $("table").value = tables.has(named) ? named : tables.has("orders") ? "orders" : $("table").options[0].value;
  $("prefix").value = "";
  show("");
}

async function begin() {
  say("Connecting");
  try {
    for (const table of (await asked("/tables/")).tables) if (!table.hidden) tables.set(table.name, table);
  } catch (error) {
    say(error.message, true);
    return;
  }
  $("table").replaceChildren(...[...tables.keys()].sort().map((name) => node("option", name)));
  follow();
}

$("asked").addEventListener("submit", (event) => { event.preventDefault(); if (tables.size) show(""); else begin(); });
$("table").addEventListener("change", () => { location.hash = $("table").value; });
addEventListener("hashchange", () => { if (tables.size) follow(); });
$("more").addEventListener("click", () => show(last));
begin();
