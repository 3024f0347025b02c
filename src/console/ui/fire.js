// Firing events: by a form, from a recording, or as a line of JSON.
import { get, newId, request } from "./api.js";
import { $, attempt, button, node, options, toast, told } from "./dom.js";
import { APIS, EVENTS, isAsked, put, valueOf } from "./events.js";
import { memory, model, on, pages } from "./model.js";
import { nameOf, reason, summary } from "./say.js";
import { word } from "./words.js";

const LISTED_MAX = 500; // stimuli of a recording
const WAYS = ["form", "recording", "json"];

// Fires a line, as another one than it was. True: pages were told.
export async function fire(line) {
  const { seq: _seq, took_ms: _took, time: _time, cause: _cause, ...rest } = line;
  return attempt(async () => {
    const { items: [item] } = await request("trigger", { line: { ...rest, id: newId("console"), source: "duoke console" } });
    // In service it turns out later whom it reaches: `told` is null then.
    if (item.told === 0) toast(reason(item.why) ?? word("toldNobody"), item.why ?? "");
    told(word("fired", nameOf(item.type)));
  });
}

// --- the form ---------------------------------------------------------------------------------------------------------

const typeOf = () => EVENTS.find(({ type }) => type === $("fire-type").value) ?? EVENTS[0];

function control({ name, kind, values, value = "" }) {
  const id = `fire-${name}`;
  if (kind === "choice") {
    const options = values.map(([one, label]) => node("option", { value: one }, `${one} · ${word(label)}`));
    return node("select", { id, "data-name": name }, options);
  }
  if (kind === "long" || kind === "json") {
    const area = node("textarea", { id, "data-name": name, rows: kind === "json" ? 1 : 2, class: kind });
    area.value = value;
    return area;
  }
  const type = { number: "number", address: "url" }[kind] ?? "text";
  const input = node("input", { id, "data-name": name, type, step: kind === "number" ? "any" : null });
  input.value = value;
  return input;
}

function showFields() {
  const { fields } = typeOf();
  $("fire-fields").replaceChildren(...fields.map((field) => {
    const made = control(field);
    if (field === fields[0]) made.addEventListener("change", showAsked);
    return node("div", { class: "field", "data-field": field.name }, node("label", { for: made.id }, field.name), made);
  }));
  showAsked();
}

const fieldOf = (name) => document.querySelector(`#fire-fields [data-name="${CSS.escape(name)}"]`);

function showAsked() {
  const { fields } = typeOf();
  const first = fields[0] && fieldOf(fields[0].name).value;
  for (const field of fields) {
    fieldOf(field.name).closest(".field").hidden = !isAsked(field, first);
  }
}

// The line that the form says; throws where a field is no JSON.
function formLine() {
  const event = typeOf();
  const first = event.fields[0] && fieldOf(event.fields[0].name).value;
  const data = {};
  for (const field of event.fields.filter((one) => isAsked(one, first))) {
    const value = valueOf(field, fieldOf(field.name).value);
    if (value !== undefined) put(data, field.name, value);
  }
  const openid = $("fire-openid").value.trim();
  const line = { type: event.type };
  if (openid) line.subject = openid;
  if ($("fire-plugin").value) line.plugin = $("fire-plugin").value;
  line.data = event.fill && openid ? event.fill(data, openid) : data;
  return line;
}

function read(make) {
  try {
    $("fire-trouble").textContent = "";
    return make();
  } catch (error) {
    $("fire-trouble").textContent = word("notJson", error.message);
    return null;
  }
}

// --- the panel --------------------------------------------------------------------------------------------------------

let way = "form";

function showWay(name) {
  way = name;
  for (const made of document.querySelectorAll("[data-way]")) made.setAttribute("aria-pressed", String(made.dataset.way === name));
  $("fire-form").hidden = name !== "form";
  $("fire-json").hidden = name !== "json";
  $("fire-recording").hidden = name !== "recording";
  $("fire-does").hidden = name === "recording";
  $("fire-as-json").hidden = name !== "form";
  if (name === "recording") showSessions();
}

function edit(line) {
  const { seq: _seq, took_ms: _took, time: _time, cause: _cause, seat: _seat, id: _id, source: _source, specversion: _version, ...rest } = line;
  $("fire-json").value = JSON.stringify(rest, null, 2);
  showWay("json");
  $("fire-json").focus();
}

function fireNow() {
  const line = read(() => (way === "json" ? JSON.parse($("fire-json").value) : formLine()));
  if (way === "form" && line && !line.subject) {
    $("fire-trouble").textContent = word("chooseCustomer");
    $("fire-openid").focus();
    return;
  }
  if (line && typeof line === "object") fire(line);
}

async function showSessions() {
  await attempt(async () => {
    const { sessions } = await get("dev/sessions");
    const select = $("fire-session");
    options(select, sessions.map(({ name }) => [name]));
    const row = (line) => node("li", {},
      node("span", { class: "type stimulus" }, nameOf(line.type)), node("span", { class: "says" }, summary(line)),
      button(word("fireNow"), () => fire(line), { class: "quiet" }), button(word("edit"), () => edit(line), { class: "quiet" }));
    const show = () => {
      const { stimuli = [] } = sessions.find(({ name }) => name === select.value) ?? {};
      $("fire-stimuli").replaceChildren(...stimuli.slice(0, LISTED_MAX).map(row));
    };
    select.onchange = show;
    show();
  });
}

function label(name, id, made) {
  made.id = id;
  return node("div", { class: "field" }, node("label", { for: id }, word(name)), made);
}

function showChoices() {
  $("fire-customers").replaceChildren(...model.customers.slice(0, 200).map(({ openid }) => node("option", { value: openid })));
  options($("fire-plugin"), [["", word("allPlugins")], ...pages().map(({ plugin }) => [plugin])]);
}

function typeChoice() {
  const option = ({ type }) => node("option", { value: type }, `${nameOf(type)} · ${word(`event_${nameOf(type)}`)}`);
  const group = (api) => node("optgroup", { label: word(`api_${api}`) }, EVENTS.filter((event) => event.api === api).map(option));
  return node("select", { onchange: () => { memory.set("fire", $("fire-type").value); showFields(); } }, APIS.map(group));
}

export function startFire(panel) {
  const ways = WAYS.filter((name) => name !== "recording" || model.mode === "dev");
  panel.append(node("div", { class: "scroll" },
    node("div", { class: "bar", role: "group", "aria-label": word("way") }, ways.map((name) =>
      button(word(`way_${name}`), () => showWay(name), { "data-way": name, class: "toggle", "aria-pressed": "false" }))),
    node("form", { id: "fire", autocomplete: "off" },
      node("div", { id: "fire-form" },
        label("event", "fire-type", typeChoice()),
        label("customer", "fire-openid", node("input", { list: "fire-customers", maxlength: 64 })),
        label("plugin", "fire-plugin", node("select", {})),
        node("datalist", { id: "fire-customers" }),
        node("div", { id: "fire-fields" })),
      node("textarea", { id: "fire-json", rows: 14, spellcheck: "false", "aria-label": word("way_json"), hidden: true }),
      node("div", { id: "fire-recording", hidden: true },
        label("recording", "fire-session", node("select", {})), node("ol", { id: "fire-stimuli" })),
      node("p", { id: "fire-trouble", role: "alert" }),
      node("div", { id: "fire-does", class: "bar" }, node("button", { class: "main", title: word("ctrlEnter") }, word("fireNow")),
        button(word("asJson"), () => { const line = read(formLine); if (line) edit(line); }, { id: "fire-as-json", class: "quiet" })))));
  const last = memory.get("fire", EVENTS[0].type);
  if (EVENTS.some(({ type }) => type === last)) $("fire-type").value = last;
  $("fire").addEventListener("submit", (event) => { event.preventDefault(); fireNow(); });
  $("fire").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    fireNow();
  });
  // Who fills in the form stays with whom he named.
  on("chosen", () => { if (!$("fire").contains(document.activeElement)) $("fire-openid").value = model.chosen ?? ""; });
  on("customers state", showChoices);
  on("edit-line", edit);
  showFields();
  showChoices();
  showWay("form");
}
