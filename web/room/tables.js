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
  const answer = await fetch(path, { headers, signal: AbortSignal.timeout(WAIT_MS) });
  if (answer.status === 401) location.assign("./");  // The control room asks for a token.
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.detail);
  return told;
}

const told = (name, value) =>
  name.endsWith("_at_ms") && value > 0 ? new Date(value).toISOString() : String(value);

// The first of a row's plain fields, but for its key; all of it is behind them.
function gist(key, value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return JSON.stringify(value);
  return Object.entries(value).filter(([, one]) => one !== null && one !== "" && one !== key && typeof one !== "object")
    .slice(0, TOLD).map(([name, one]) => `${name}=${told(name, one)}`).join("  ");
}

function item({ key, value }) {
  const made = node("details"), line = node("summary");
  line.append(node("b", key), " ", node("small", gist(key, value)));
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
  location.hash = name;
  $("about").textContent = `${help} Keys: ${key}.`;
  try {
    const page = await asked(`/tables/${name}/?${new URLSearchParams(wanted)}`);
    if (look !== looks) return;
    $("rows").append(...page.rows.map(item));
    last = page.rows.at(-1)?.key ?? after;
    $("more").hidden = !page.more;
    const count = $("rows").children.length;
    $("status").textContent = count ? `${count} row${count === 1 ? "" : "s"}${page.more ? ", and more" : ""}` : "No such row";
    $("status").classList.remove("warn");
  } catch (error) {
    if (look !== looks) return;
    $("status").textContent = error.message;
    $("status").classList.add("warn");
  }
}

async function begin() {
  try {
    for (const table of (await asked("/tables/")).tables) if (!table.hidden) tables.set(table.name, table);
  } catch (error) {
    $("status").textContent = `The worker does not answer: reload to try again (${error.message})`;
    $("status").classList.add("warn");
    return;
  }
  $("table").append(...[...tables.keys()].sort().map((name) => node("option", name)));
  const named = location.hash.slice(1);
  $("table").value = tables.has(named) ? named : tables.has("orders") ? "orders" : $("table").value;
  show("");
}

$("asked").addEventListener("submit", (event) => { event.preventDefault(); show(""); });
$("table").addEventListener("change", () => { $("prefix").value = ""; show(""); });
$("more").addEventListener("click", () => show(last));
begin();
