// SPDX-License-Identifier: GPL-3.0-or-later
// The page of a hub: it asks for what is shown, every few seconds, while somebody looks.
import { $, element, megahertz, quantity, Server, shortTime, si } from "./basics.js";

const hub = new Server("hub");
let panel = "now", receivers = [], emissions = [], chosen = null, searched = null;

// ---- To and from the hub

async function get(path) {
  const answer = await hub.fetch(`/api/v1/${path}`);
  if (answer.status === 401) { select("hub"); $("token").focus(); throw new Error("A token is needed: see Hub"); }
  const json = await answer.json();
  if (!answer.ok) throw new Error(json.error ?? answer.statusText);
  return json;
}

function say(id, { ok, said }, done) {
  $(id).textContent = ok ? done : `Not done: ${said}`;
  $(id).classList.toggle("bad", !ok);
}

function link(state, text) { $("link").dataset.state = state; if ($("link").textContent !== text) $("link").textContent = text; }

// ---- Small things

const small = (text) => element("small", text);
function cell(row, ...content) { const td = row.insertCell(); td.append(...content.filter((c) => c !== null)); return td; }
const whole = (n) => n.toLocaleString("en-US");

// ---- Receivers, as a list and on a map of their own: north is up, as far as they reach

function hears(name) {
  const list = emissions.filter((one) => one.receivers.some((r) => r.receiver === name));
  return list.length ? list.slice(0, 3).map((one) => `${one.label} ${(one.center_freq_hz / 1e6).toFixed(2)}`).join(", ") + (list.length > 3 ? ` and ${list.length - 3} more` : "") : "–";
}

function listReceivers() {
  const day = Date.now() - 86_400_000;
  $("receivers").tBodies[0].replaceChildren(...receivers.map((one) => {
    const row = document.createElement("tr"), open = element("button", "", "open");
    row.className = (one.name === chosen ? "chosen " : "") + (one.is_online ? "" : "off");
    open.type = "button";
    open.append(element("i", "", one.is_online ? "dot" : "dot off"), one.name);
    open.title = one.is_online ? "online" : "offline";
    open.onclick = () => choose(one.name);
    cell(row, open, small(one.is_online ? `${one.version ?? ""}` : `last heard ${shortTime(one.heard)}`));
    cell(row, one.model?.name ?? "–", small(one.sequence ? `update ${one.sequence}` : one.takes_updates ? "no update yet" : "takes no updates"));
    cell(row, one.is_online ? hears(one.name) : "–");
    const isNew = one.last_drift && Date.parse(one.last_drift) > day;
    cell(row, element("span", one.last_drift ? shortTime(one.last_drift) : "none", isNew ? "bad" : ""));
    cell(row, `${one.waiting ?? "–"}, `, element("span", String(one.lost ?? "–"), one.lost ? "bad" : "")).className = "number";
    return row;
  }));
  $("no-receivers").hidden = receivers.length > 0;
  const online = receivers.filter((one) => one.is_online).length, sum = (key) => receivers.reduce((n, one) => n + (one[key] ?? 0), 0);
  $("fact-receivers").textContent = `${online} of ${receivers.length} online`;
  $("fact-waiting").textContent = `${whole(sum("waiting"))} labels`;
  $("fact-lost").textContent = sum("lost") ? `${whole(sum("lost"))} labels` : "nothing";
  $("fact-lost").classList.toggle("bad", sum("lost") > 0);
  $("known-receivers").replaceChildren(...receivers.map((one) => new Option(one.name)));
  document.title = `${online} receivers – prunedamr hub`;
  drawMap(day);
}

function choose(name) {
  chosen = chosen === name ? null : name;
  $("form-search").elements.receiver.value = chosen ?? "";
  listReceivers();
  listWho();
}

function shape(name, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function drawMap(day) {
  const placed = receivers.filter((one) => one.position);
  $("map").toggleAttribute("hidden", placed.length === 0);
  if (placed.length === 0) return;
  const lats = placed.map((one) => one.position.latitude), lons = placed.map((one) => one.position.longitude);
  const middle = [(Math.min(...lats) + Math.max(...lats)) / 2, (Math.min(...lons) + Math.max(...lons)) / 2];
  const squeeze = Math.max(0.1, Math.cos(middle[0] * Math.PI / 180)); // of a degree of longitude
  const span = Math.max(0.02, 1.3 * (Math.max(...lats) - Math.min(...lats)), 0.6 * squeeze * (Math.max(...lons) - Math.min(...lons)));
  const scale = 400 / span, x = (lon) => 400 + (lon - middle[1]) * squeeze * scale, y = (lat) => 200 - (lat - middle[0]) * scale;
  const step = [30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005].find((s) => span / s >= 2) ?? 0.005, lines = [];
  for (let k = Math.ceil((middle[0] - span) / step); k <= (middle[0] + span) / step; ++k) lines.push(`M0 ${y(k * step)}H800`);
  for (let k = Math.ceil((middle[1] - 2 * span / squeeze) / step); k <= (middle[1] + 2 * span / squeeze) / step; ++k) lines.push(`M${x(k * step)} 0V400`);
  const points = placed.flatMap((one) => {
    const at = { cx: x(one.position.longitude), cy: y(one.position.latitude) };
    const isBad = one.last_drift && Date.parse(one.last_drift) > day;
    const circle = shape("circle", { ...at, r: 8, class: `${one.is_online ? (isBad ? "bad" : "") : "off"} ${one.name === chosen ? "chosen" : ""}` });
    circle.append(shape("title", {}, `${one.name}: ${one.is_online ? hears(one.name) : "offline"}`));
    circle.onclick = () => choose(one.name);
    return placed.length > 60 && one.name !== chosen ? [circle] : [circle, shape("text", { x: at.cx + 12, y: at.cy + 4 }, one.name)];
  });
  $("map").replaceChildren(shape("path", { d: lines.join("") }), shape("text", { x: 8, y: 392 }, `grid ${step}°`), ...points);
}

// ---- Who hears what, and what was heard

function listWho() {
  const shown = emissions.filter((one) => !chosen || one.receivers.some((r) => r.receiver === chosen));
  $("who").tBodies[0].replaceChildren(...shown.slice(0, 300).map((one) => {
    const row = document.createElement("tr"), best = [...one.receivers].sort((a, b) => (b.snr_db ?? -99) - (a.snr_db ?? -99));
    cell(row, element("b", megahertz(one.center_freq_hz, 3)), small(si(one.bandwidth_hz, "Hz")));
    cell(row, element("span", one.label, "label"));
    cell(row, best.slice(0, 6).map((r) => `${r.receiver}${r.snr_db === null ? "" : ` ${r.snr_db.toFixed(0)} dB`}`).join(", ") + (best.length > 6 ? ` and ${best.length - 6} more` : ""));
    return row;
  }));
  $("nothing").hidden = shown.length > 0;
  $("fact-air").textContent = `${emissions.length} emissions`;
  $("known-labels").replaceChildren(...[...new Set(emissions.map((one) => one.label))].sort().map((name) => new Option(name)));
}

/// "1h ago", "now", "2027-01-31 12:00": RFC 3339.
function readTime(text) {
  const ago = /^\s*([0-9.]+)\s*([smhd])(\s+ago)?\s*$/.exec(text);
  if (ago) return new Date(Date.now() - Number(ago[1]) * { s: 1e3, m: 6e4, h: 36e5, d: 864e5 }[ago[2]]).toISOString();
  const date = new Date(/Z|[+-]\d\d:?\d\d$/.test(text) ? text : `${text.trim().replace(" ", "T")}Z`);
  if (Number.isNaN(date.getTime())) throw new Error(`"${text}" is no time.`);
  return date.toISOString();
}

function readHz(text) {
  const hz = quantity(text);
  if (typeof hz !== "number") throw new Error(`"${text}" is no frequency.`);
  return hz;
}

function searchQuery(form) {
  const query = new URLSearchParams({ limit: "200" }), { from, to, hz, label, receiver } = form.elements;
  if (from.value.trim()) query.set("from", readTime(from.value));
  if (to.value.trim() && to.value.trim() !== "now") query.set("to", readTime(to.value));
  if (hz.value.trim()) {
    const [low, high] = hz.value.split(/\s*(?:-|–|to)\s*/);
    query.set("from_hz", high ? readHz(low) : 0.995 * readHz(low));
    query.set("to_hz", high ? readHz(high) : 1.005 * readHz(low));
  }
  if (label.value.trim()) query.set("label", label.value.trim());
  if (receiver.value.trim()) query.set("receiver", receiver.value.trim());
  return query;
}

async function search(query, isMore) {
  try {
    const begin = performance.now(), { labels, before } = await get(`labels?${query}`);
    if (!isMore) $("found").tBodies[0].replaceChildren();
    for (const { receiver, event } of labels) {
      const row = $("found").tBodies[0].insertRow(), snr = event.snr_db === null || event.snr_db === undefined ? "" : ` · ${event.snr_db.toFixed(0)} dB`;
      cell(row, event.time.slice(0, 10), small(event.time.slice(11, 23)));
      cell(row, element("b", megahertz(event.center_freq_hz, 3)), small(si(event.bandwidth_hz, "Hz") + snr));
      cell(row, element("span", event.label, "label"), small(`${Math.round(100 * event.confidence)} %`));
      cell(row, receiver);
    }
    $("search-note").textContent = `${$("found").tBodies[0].rows.length} labels, ${Math.round(performance.now() - begin)} ms`;
    $("more").hidden = before === null;
    searched = before === null ? null : new URLSearchParams([...[...query].filter(([key]) => key !== "before"), ["before", before]]);
  } catch (error) { $("search-note").textContent = error.message; }
}

// ---- Updates and roll-outs

async function loadRollouts() {
  const [{ updates }, { rollouts }] = await Promise.all([get("updates"), get("rollouts?limit=20")]);
  $("updates").tBodies[0].replaceChildren(...updates.map((one) => {
    const row = document.createElement("tr");
    cell(row, `Number ${one.sequence}`, small(`put ${shortTime(one.time)} by ${one.author}`));
    cell(row, si(one.bytes, "B"), small(`signed by ${one.signer.slice(0, 16)}…`));
    return row;
  }));
  const select = $("form-rollout").elements.update;
  if (select.length !== updates.length) select.replaceChildren(...updates.map((one) => new Option(`${one.sequence} (${one.id.slice(0, 8)})`, one.id)));
  for (const e of $("form-rollout").elements) e.disabled = updates.length === 0;
  $("rollouts").replaceChildren(...rollouts.map(rolloutItem));
}

function rolloutItem(one) {
  const li = document.createElement("li"), count = (state) => one.receivers.filter((r) => r.state === state).length, buttons = element("span", "", "buttons");
  const states = [...new Set(one.receivers.map((r) => r.state))].map((state) => `${count(state)} ${state}`).join(", ");
  li.append(element("span", `${one.id}: update ${one.sequence} `), element("span", one.state, `state ${["paused", "returning", "returned"].includes(one.state) ? "bad" : ""}`));
  const actions = { running: ["pause", "return"], paused: ["resume", "return"], done: ["return"] }[one.state] ?? [];
  for (const action of actions) {
    const button = element("button", { pause: "Pause", resume: "Resume", return: "Return" }[action]);
    button.type = "button";
    button.onclick = async () => { say("rollout-answer", await hub.post(`rollouts/${one.id}/${action}`), `Done: ${action}.`); refresh(); };
    buttons.append(button);
  }
  li.append(buttons, small(`stage ${one.stage} of ${one.plan.stages.length} (${one.plan.stages.join(", ")}), watched for ${one.plan.watch_s} s: ${states}`));
  if (one.why) li.append(element("p", one.why, "bad"));
  const details = document.createElement("details"), list = document.createElement("ol");
  details.append(element("summary", "Log"), list);
  list.append(...one.log.map((line) => element("li", `${shortTime(line.time)} ${line.text}`)), ...one.receivers.filter((r) => r.why).map((r) => element("li", `${r.name}: ${r.why}`)));
  details.open = openLogs.has(one.id);
  details.ontoggle = () => (details.open ? openLogs.add(one.id) : openLogs.delete(one.id));
  li.append(details);
  return li;
}
const openLogs = new Set();

// ---- Snippets

async function loadSnippets() {
  if (document.activeElement?.closest("#snippets form")) return; // a name is being typed
  const { snippets } = await get("snippets?limit=60");
  $("no-snippets").hidden = snippets.length > 0;
  $("snippets").replaceChildren(...snippets.map((one) => {
    const li = document.createElement("li"), form = document.createElement("form"), input = document.createElement("input"), picture = document.createElement("canvas");
    li.append(element("span", `${megahertz(one.event.center_freq_hz, 3)} `), element("span", one.label ?? one.event.label, "label"));
    li.append(small(`${shortTime(one.time)} · ${one.receiver} · ${si(one.event.bandwidth_hz, "Hz")}`));
    if (one.label !== null) li.append(small(`labeled by ${one.author}; the receiver said ${one.event.label}`));
    picture.hidden = true;
    draw(picture, one);
    input.setAttribute("aria-label", "Label");
    input.setAttribute("list", "known-labels");
    input.placeholder = one.event.label;
    form.append(input, element("button", "Label"));
    form.onsubmit = async (e) => {
      e.preventDefault();
      const author = $("snippet-author").value.trim() || "web";
      say("snippet-answer", await hub.post("label", { receiver: one.receiver, id: one.id, label: input.value.trim(), author }), "Labeled.");
      input.blur();
      refresh();
    };
    li.append(picture, form);
    return li;
  }));
}

const pictures = new Map();
async function draw(canvas, { receiver, id }) {
  const key = `${receiver}/${id}`;
  try {
    if (!pictures.has(key)) {
      const answer = await hub.fetch(`/api/v1/thumbnail?${new URLSearchParams({ receiver, id })}`);
      pictures.set(key, answer.ok ? await createImageBitmap(await answer.blob()) : null);
    }
    const bitmap = pictures.get(key);
    if (!bitmap) return;
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    canvas.hidden = false;
  } catch { /* no picture */ }
}

// ---- The hub itself

async function loadHub() {
  const [health, { drift }] = await Promise.all([fetch("/health").then((a) => a.json()), get("drift?limit=100")]);
  const rows = (id, list) => $(id).tBodies[0].replaceChildren(...list.map(([name, value, isBad]) => {
    const row = document.createElement("tr");
    cell(row, name);
    cell(row, element("span", value, isBad ? "bad" : "")).className = "number";
    return row;
  }));
  rows("links", [["database", health.database ? "there" : "away", !health.database], ...(health.links ?? []).map((l) => [l.name, l.is_connected ? "connected" : "away", !l.is_connected])]);
  rows("drift", drift.map((d) => [`${shortTime(d.time)} ${d.receiver}: ${d.quantity.replaceAll("_", " ")} ${d.change}${d.of && ` (${d.of})`}`, `${(100 * d.found).toFixed(0)} % instead of ${(100 * d.expected).toFixed(0)} %`]));
}

// ---- What is shown

async function refresh() {
  try {
    [{ receivers }, { emissions }] = await Promise.all([get("receivers"), get("who")]);
    listReceivers();
    listWho();
    if (panel === "rollouts") await loadRollouts();
    if (panel === "snippets") await loadSnippets();
    if (panel === "hub") await loadHub();
    const { rollouts } = await get("rollouts?limit=1");
    $("fact-rollout").textContent = rollouts.length ? `${rollouts[0].state}, stage ${rollouts[0].stage} of ${rollouts[0].plan.stages.length}` : "none";
    link("open", "Live");
  } catch (error) { link("lost", error.message.startsWith("A token") ? error.message : "Connection lost, trying again"); }
}

function select(name) {
  panel = name;
  for (const tab of $("tabs").children) {
    const isIt = tab.id === `tab-${name}`;
    tab.setAttribute("aria-selected", isIt);
    tab.tabIndex = isIt ? 0 : -1;
    $(tab.getAttribute("aria-controls")).hidden = !isIt;
  }
}

$("tabs").addEventListener("click", (e) => { const id = e.target.closest("button")?.id; if (id) select(id.slice(4)), refresh(); });
$("tabs").addEventListener("keydown", (e) => {
  const tabs = [...$("tabs").children], step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
  if (!step) return;
  const next = tabs[(tabs.findIndex((tab) => tab.id === `tab-${panel}`) + step + tabs.length) % tabs.length];
  select(next.id.slice(4));
  next.focus();
  refresh();
});
$("form-token").addEventListener("submit", (e) => { e.preventDefault(); hub.keep($("token").value); refresh(); });
$("form-search").addEventListener("submit", (e) => {
  e.preventDefault();
  try { search(searchQuery(e.target), false); } catch (error) { $("search-note").textContent = error.message; }
});
$("more").addEventListener("click", () => searched && search(searched, true));
$("form-update").addEventListener("submit", async (e) => {
  e.preventDefault();
  say("rollout-answer", await hub.post("updates", $("update-file").files[0], true), "The update is here.");
  refresh();
});
$("form-rollout").addEventListener("submit", async (e) => {
  e.preventDefault();
  const { update, stages, watch_s, return_on_failure } = e.target.elements;
  say("rollout-answer", await hub.post("rollouts", { update: update.value, stages: stages.value.split(",").map((s) => s.trim()).filter(Boolean), watch_s: Number(watch_s.value), return_on_failure: return_on_failure.checked }), "It has begun.");
  refresh();
});
$("snippet-author").value = sessionStorage.getItem("author") ?? "";
$("snippet-author").onchange = () => sessionStorage.setItem("author", $("snippet-author").value.trim());
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
if (location.hash && $(`tab-${location.hash.slice(1)}`)) select(location.hash.slice(1));
refresh();
setInterval(() => { if (!document.hidden) refresh(); }, 3000);
