// SPDX-License-Identifier: GPL-3.0-or-later
// What a person changes, and the token that this needs. The token stays in this tab of the browser.
import { $, quantity, Server, shortTime, si } from "./basics.js";

export class Control extends Server {
  constructor(onToken) {
    super("receiver");
    const form = (name, body) => $(`form-${name}`).addEventListener("submit", (e) => {
      e.preventDefault();
      const wanted = body(e);
      if (Object.values(wanted).includes(undefined)) this.say("This is no number.", true);
      else this.change(name, wanted);
    });
    form("tune", () => ({ center_freq_hz: quantity($("tune").value) }));
    form("scan", () => ({ list: $("scan").value }));
    form("gain", () => ({ gain_db: quantity($("gain").value), ...($("gain-element").value && { element: $("gain-element").value }) }));
    form("threshold", () => ({ min_confidence: quantity($("threshold").value) }));
    form("model", (e) => ({ action: e.submitter.value }));
    $("form-token").addEventListener("submit", (e) => {
      e.preventDefault();
      this.keep($("token").value);
      this.say("The token is kept in this tab.");
      onToken();
    });
  }

  /// A WebSocket cannot have headers.
  protocols() {
    const bytes = String.fromCharCode(...new TextEncoder().encode(this.token));
    return ["prunedamr.v1", ...(this.token ? ["bearer." + btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")] : [])];
  }

  async change(name, body) {
    this.say("…");
    const { ok, said } = await this.post(name, body);
    this.say(ok ? `Done: ${said}.` : `Not done: ${said}`, !ok);
  }

  say(text, isBad = false) {
    $("control-answer").textContent = text;
    $("control-answer").classList.toggle("bad", isBad);
  }

  show(status) {
    const { control, source, counts } = status;
    const may = control.may_change;
    $("control-note").textContent = !may ? "This receiver was started without --web-token: nothing can be changed from here."
      : control.scan === null && !control.can_tune ? "This source can be neither tuned nor set; labels and model can." : "Changes need the token.";
    const allow = (form, can) => { for (const e of $(form).elements) e.disabled = !(may && can); };
    allow("form-tune", control.can_tune);
    $("form-tune").hidden = control.scan !== null;
    $("form-scan").hidden = control.scan === null;
    allow("form-scan", control.scan !== null);
    allow("form-gain", control.can_set_gain);
    allow("form-threshold", true);
    allow("form-model", true);
    const place = (id, text) => { if (document.activeElement !== $(id)) $(id).placeholder = text; };
    place("tune", `${source.center_freq_hz / 1e6}M`);
    if (document.activeElement !== $("scan") && control.scan !== this.scan) $("scan").value = this.scan = control.scan;
    place("gain", control.gain_db === null ? "automatic" : String(control.gain_db));
    place("threshold", control.min_confidence === null ? "the model's" : String(control.min_confidence));
    const names = ["", ...control.gain_elements];
    if ($("gain-element").length !== names.length)
      $("gain-element").replaceChildren(...names.map((name) => new Option(name || "overall", name)));
    const rows = (id, pairs) => $(id).tBodies[0].replaceChildren(...pairs.map(([name, text]) => {
      const row = document.createElement("tr");
      row.insertCell().textContent = name;
      const value = row.insertCell();
      value.className = "number";
      value.textContent = text;
      return row;
    }));
    const whole = (n) => n.toLocaleString("en-US", { maximumFractionDigits: 1 });
    rows("counts", [...Object.entries(counts).map(([name, n]) => [name.replaceAll("_", " "), whole(n)]),
      ...Object.entries(source).filter(([, n]) => typeof n === "number").filter(([name]) => !name.endsWith("_hz")).map(([name, n]) => [name.replaceAll("_", " "), whole(n)]),
      ["sample rate", si(source.sample_rate_hz, "S/s", 7)]]);
    const drift = status.drift;
    $("drift-note").textContent = !drift ? "Labels are compared with nothing."
      : drift.reference === "learning" ? `What is usual here is being learned: ${whole(drift.decisions)} decisions so far.`
      : `Labels are compared with ${drift.reference === "site" ? "what is usual here" : "the model's calibration"} (${whole(drift.decisions)} decisions).`;
    rows("drift", (drift?.told ?? []).map((t) => [`${shortTime(t.time)}: ${t.quantity.replaceAll("_", " ")} ${t.change}${t.of && ` (${t.of})`}`,
      `${(100 * t.found).toFixed(0)} % instead of ${(100 * t.expected).toFixed(0)} %`]));
    rows("outputs", status.outputs.map((o) => [o.name, o.fault || `${whole(o.written)} events${o.lost ? `, ${whole(o.lost)} lost` : ""}`]));
  }
}
