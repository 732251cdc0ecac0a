"use strict";
// One look a second at /room/state; everything shown is text, never markup.

const EVERY_MS = 1000, WAIT_MS = 5000, KEPT = 300, OLD_S = 3;
// Between marks of the time axis: clocks show no parts of a second.
const SECONDS = [1, 2, 5, 15, 30, 60, 120, 300, 600, 900, 1800];
const $ = (id) => document.getElementById(id);
// At least three to one against both papers.
const colours = ["#3b82f6", "#d97706", "#ef4444", "#059669", "#8b5cf6"];
let last = null, since = null;
const trail = { at: [], speed: [], lag: [] };
const plots = {};

const number = (value, digits = 0) =>
  value === undefined || value === null ? "–"
    : value.toLocaleString("en", { maximumFractionDigits: digits, minimumFractionDigits: digits });
// Wherever the reader is: as on the charts' axes, and no month that could be a day.
const time = (ms) => new Date(ms).toLocaleTimeString("en-GB");
const moment = (ms) => new Date(ms).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const percent = (value) => (value === undefined ? "–" : number(value * 100, 1) + " %");

const amount = (value, unit) => (unit === "share" ? percent(value) : `${number(value, value % 1 ? 2 : 0)} ${unit}`);

function node(tag, text, name) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (name) made.className = name;
  return made;
}

// A screen reader reads it out whenever it is written, so nothing is written twice.
function say(text) {
  if ($("status").textContent !== text) $("status").textContent = text;
}

// What has not changed stays: a reader may have selected it, stand on it, or be about to press it.
function put(parent, nodes) {
  nodes.forEach((made, at) => {
    const there = parent.children[at];
    if (!there) parent.append(made);
    else if (!there.isEqualNode(made)) there.replaceWith(made);
  });
  while (parent.children.length > nodes.length) parent.lastElementChild.remove();
}

function rows(table, head, body) {
  const lines = head ? [head.map((cell) => node("th", cell))] : [];
  lines.push(...(body.length ? body : [["nothing yet"]]).map((cells) => cells.map((cell) => node("td", cell))));
  lines.forEach((cells, at) => put(table.children[at] ?? table.appendChild(node("tr")), cells));
  while (table.children.length > lines.length) table.lastElementChild.remove();
}

// A line needs two: what stands alone between gaps is seen as a point only.
const lone = (plot, i) =>
  plot.data[i].flatMap((value, at, all) => (value != null && all[at - 1] == null && all[at + 1] == null ? [at] : []));

function chart(id, names, data) {
  const width = $(id).clientWidth || 400;
  if (!plots[id]) {
    const dim = () => getComputedStyle(document.querySelector("figcaption")).color;
    const axis = { stroke: dim, grid: { stroke: "#8883", width: 1 }, ticks: { stroke: "#8883" }, size: 56 };
    const short = (_, marks) => marks.map((mark) => mark.toLocaleString("en", { notation: "compact", maximumFractionDigits: 2 }));
    const clock = (_, seconds) => seconds.map((at) => time(at * 1000));
    plots[id] = new uPlot({
      width, height: 190, padding: [null, 28, null, null], axes: [{ ...axis, size: 34, space: 80, incrs: SECONDS, values: clock }, { ...axis, values: short }], scales: { y: { range: (_, low, high) => [0, Math.max(1, high * 1.1)] } },
      series: [{ value: (_, at) => (at === null ? "–" : time(at * 1000)) }, ...names.map((label, i) => ({ label, value: (_, value) => number(value, value % 1 ? 1 : 0), stroke: colours[i], width: 2, points: { show: true, filter: lone } }))],
    }, data, $(id));
  } else {
    plots[id].setSize({ width, height: 190 });
    plots[id].setData(data);
  }
}

// Windows in which nothing happened are not kept: rates of theirs are `missing`. The axis reaches
// to now, so that a shop which fell silent looks silent.
function windowed(windows, wanted, now, missing) {
  const kept = [...new Set(windows.map(([start]) => start))].sort((a, b) => a - b);
  const step = Math.max(1000, Math.min(60000, ...kept.slice(1).map((start, i) => start - kept[i])));
  const starts = [];
  for (let at = kept[0]; at <= now - step; at += step) starts.push(at);
  if (kept.length && starts.at(-1) !== kept.at(-1) && kept.at(-1) > (starts.at(-1) ?? 0)) starts.push(kept.at(-1));
  const columns = wanted.map(([figure, group]) => {
    const sums = new Map();
    for (const [start, name, of, value] of windows)
      if (name === figure && (!group || of === group)) sums.set(start, (sums.get(start) ?? 0) + value);
    return starts.map((start) => sums.get(start) ?? missing);
  });
  return [starts.map((start) => start / 1000), ...columns];
}

function alertItem(alert, text, when) {
  const item = node("li", undefined, alert.severity.toLowerCase());
  const told = node("small", `${when}${moment(alert.raised_at_ms)}; `);
  told.append(runbook(alert.runbook));
  item.append(node("strong", `${alert.severity} ${alert.rule}`), " ", node("bdi", text), " ", told);
  return item;
}

// Alerts are told over Kafka, by anybody: only pages of ours become links.
function runbook(path) {
  if (!/^docs\/runbooks\/\w+\.md$/.test(path)) return path;
  const link = node("a", path);
  link.href = path.slice("docs/".length);
  return link;
}

// An older worker tells neither whom an alert is about nor how bad it is.
function crossed({ summary, subject, value, threshold, unit }) {
  const whose = subject && subject !== "all" ? ` (${subject})` : "";
  return `${summary}${whose}` + (value == null ? "" : `: ${amount(value, unit)}, the limit is ${amount(threshold, unit)}`);
}

function show(state) {
  const figures = state.figures;
  const get = (figure, group = "all") => figures.find(([f, g]) => f === figure && g === group)?.[2];
  const of = (figure) => figures.filter(([f]) => f === figure).map(([, g, v]) => [g, v]).sort((a, b) => b[1] - a[1]);
  const held = state.workers.reduce((all, worker) => all + worker.partitions.length, 0), heard = held >= state.partitions_total;
  const none = heard ? 0 : null;  // A figure lives in one partition: where that is not heard, nobody knows.
  const sum = (figure) => of(figure).reduce((all, [, v]) => all + v, none);
  const whole = (name) => state.workers.reduce((all, worker) => all + worker[name], 0);
  const lag = whole("lag"), passed_ms = last ? state.at_ms - last.at_ms : 0;
  // Of each worker that was heard before: who is heard again has not read all it ever read just now.
  const grown = state.workers.map(({ url, records }) => Math.max(0, records - (last?.records.get(url) ?? records)));
  const speed = passed_ms > 0 ? grown.reduce((all, one) => all + one, 0) / (passed_ms / 1000) : null;
  last = { records: new Map(state.workers.map(({ url, records }) => [url, records])), at_ms: state.at_ms };
  trail.at.push(state.at_ms / 1000); trail.speed.push(speed); trail.lag.push(lag);
  for (const name of ["at", "speed", "lag"]) if (trail[name].length > KEPT) trail[name].shift();

  const [revenue, ...others] = of("orders.revenue_minor_per_minute").filter(([, v]) => v)
    .map(([currency, v]) => `${currency} ${number(v / 100)}`);
  const tiles = [
    [number(sum("orders.confirmed_per_minute")), "orders a minute"],
    [revenue ?? number(none), "revenue a minute", false, false, others],
    [number(get("orders.confirm_ms", "p99")), "confirm p99, ms", get("orders.confirm_ms", "p99") > 2000],
    [number(get("payments.latency_ms", "p99")), "payment p99, ms", get("payments.latency_ms", "p99") > 3000],
    [percent(get("payments.success_share")), "payments succeed"],
    [number(speed), "records a second"],
    [number(lag), "records behind"],
    [number(whole("dead_letters")), "dead letters", false, whole("dead_letters") > 0],
  ];
  put($("tiles"), tiles.map(([value, text, bad, warn, others = []]) => {
    const tile = node("div", undefined, `tile ${bad ? "bad" : warn ? "warn" : ""} ${others.length ? "wider" : ""}`);
    tile.append(node("b", value), node("span", text), ...others.map((other) => node("small", other)));
    return tile;
  }));
  const alerts = state.alerts.sort((a, b) => (b.severity === "critical") - (a.severity === "critical") || b.raised_at_ms - a.raised_at_ms);
  const ended = (items, calm) =>
    !heard ? [...items, node("li", "Some partitions are not heard: there may be more")] : items.length ? items : [node("li", calm, "calm")];
  put($("alerts"), ended(alerts.map((alert) => alertItem(alert, crossed(alert), "since ")), "All is calm"));
  const raised = state.raised.map((alert) => alertItem(alert, `${alert.subject}: ${amount(alert.value, alert.unit)}`, ""));
  const more = state.raised_total - state.raised.length;
  if (more > 0) raised.push(node("li", `${number(more)} more: faust -A app alerts list`));
  put($("raised"), ended(raised, "Nothing"));

  chart("speed", ["records/s"], [trail.at, trail.speed]);
  chart("lag", ["lag"], [trail.at, trail.lag]);
  chart("orders", ["orders", "paid", "failed"], windowed(state.windows, [
    ["orders.confirmed_per_minute"], ["payments.confirmed_per_minute"], ["payments.failed_per_minute"]], state.at_ms, none));
  chart("latency", ["confirm", "payment"], windowed(state.windows, [
    ["orders.confirm_ms", "p99"], ["payments.latency_ms", "p99"]], state.at_ms, null));

  rows($("products"), null, of("inventory.top_products").slice(0, 8).map(([g, v]) => [g, number(v)]));
  rows($("declines"), null, of("payments.failed_per_minute").slice(0, 8).map(([g, v]) => [g, number(v)]));
  rows($("decisions"), null, of("risk.decisions_per_minute").map(([g, v]) => [g, number(v)]));
  rows($("stock"), null, figures.filter(([f]) => /^stock\.(shelves|units|low|out)$/.test(f)).map(([f, g, v]) => [f.split(".")[1].replaceAll("_", " ") + (g === "all" ? "" : ` ${g}`), number(v)]));
  rows($("workers"), ["worker", "partitions", "records", "transactions", "behind", "recovering"],
    [...state.workers.map((w) => [w.url, w.partitions.join(" ") || "none", number(w.records), number(w.transactions), number(w.lag), number(w.recovery_left)]),
      ...state.unheard.map((w) => [w.url, w.why, "–", "–", "–", "–"])]);

  const waits = Math.max(0, ...state.workers.map((worker) => worker.waits_s)), old = waits > OLD_S;
  $("room").classList.toggle("stale", old);
  $("status").classList.toggle("warn", old || state.unheard.length > 0 || !heard);
  const unheard = state.unheard.length ? `, ${state.unheard.length} unheard` : "";
  since = old ? since ?? state.at_ms - waits * 1000 : null;  // A figure that grows would be read out each second.
  const late = old ? `Kafka has not answered since ${time(since)}: what you see is of then; ` : "";
  say(`${late}${state.workers.length} worker${state.workers.length === 1 ? "" : "s"}${unheard}, ${held} of ${state.partitions_total} partitions`);
  $("clock").textContent = time(state.at_ms);
}

async function look() {
  const token = sessionStorage.getItem("token");
  try {
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    const answer = await fetch("state", { headers, signal: AbortSignal.timeout(WAIT_MS) });
    if (answer.status === 401) {
      $("room").hidden = true; $("login").hidden = false; $("tables").hidden = true;
      say("A token is needed");
      if (token) $("refused").textContent = "This token is not the right one.";
      sessionStorage.removeItem("token");
      $("token").focus();
      return;
    }
    if (!answer.ok) throw new Error(answer.statusText);
    if (location.hash.startsWith("#tables.html")) {  // That page sent its reader here for a token.
      location.replace(location.hash.slice(1));
      return;
    }
    $("room").hidden = false; $("tables").hidden = false;
    show(await answer.json());
  } catch (error) {
    const seen = last ? `; what you see is of ${time(last.at_ms)}` : "";
    say(`The worker does not answer, trying again${seen} (${error.message})`);
    $("status").classList.add("warn");
    $("room").classList.add("stale");
  }
  setTimeout(look, EVERY_MS);
}

$("login").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("token", $("token").value);
  $("refused").textContent = "";
  $("login").hidden = true;  // Until it is refused: pressed twice it would look twice a second.
  say("Connecting");
  look();
});
say("Connecting");
look();
