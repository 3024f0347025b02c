// The workbench begins here: sign-in, then every part of it.
import { Refused, get, post } from "./api.js";
import { $, attempt, face, rove, told } from "./dom.js";
import { focusComposer, startComposer } from "./composer.js";
import { startCustomers } from "./customers.js";
import { startKeys } from "./keys.js";
import { isSignedOut, live } from "./live.js";
import { memory, model, on, tell } from "./model.js";
import { reloadPage, startPages } from "./pages.js";
import { startPhone } from "./phone.js";
import { startStrip } from "./strip.js";
import { startTools } from "./tools.js";
import { changeLanguage, fill, word } from "./words.js";

// --- the panels of a narrow window, and what can be made larger -----------------------------------------------------

const panelTabs = [...document.querySelectorAll("#panel-tabs [role=tab]")];
const reachPanel = rove($("panel-tabs"), "[role=tab]");

function showPanel(name) {
  document.body.dataset.panel = name;
  for (const tab of panelTabs) tab.setAttribute("aria-selected", String(tab.dataset.panel === name));
  reachPanel(panelTabs.find((tab) => tab.dataset.panel === name));
}

const TOOLS_MIN = 120;

function toolsHeight(px) {
  const most = Math.max(TOOLS_MIN, $("side").clientHeight - TOOLS_MIN);
  const height = Math.round(Math.max(TOOLS_MIN, Math.min(px, most)));
  $("side").style.setProperty("--tools", `${height}px`);
  for (const [name, value] of [["now", height], ["min", TOOLS_MIN], ["max", Math.round(most)]]) {
    $("splitter").setAttribute(`aria-value${name}`, value);
  }
  memory.set("tools", height);
}

function startSplitter() {
  const splitter = $("splitter");
  const height = () => $("tools").getBoundingClientRect().height;
  toolsHeight(Number(memory.get("tools", 0)) || $("side").clientHeight * 0.52);
  splitter.addEventListener("pointerdown", (event) => {
    splitter.setPointerCapture(event.pointerId);
    const [start, from] = [event.clientY, height()];
    const move = ({ clientY }) => toolsHeight(from + start - clientY);
    splitter.addEventListener("pointermove", move);
    splitter.addEventListener("lostpointercapture", () => splitter.removeEventListener("pointermove", move), { once: true });
  });
  splitter.addEventListener("keydown", (event) => {
    const step = { ArrowUp: 24, ArrowDown: -24 }[event.key];
    if (!step) return;
    event.preventDefault();
    toolsHeight(height() + step);
  });
  const large = $("tools-large");
  face(large, "large", word("large"));
  large.addEventListener("click", () => {
    const isLarge = document.body.classList.toggle("tools-large");
    large.setAttribute("aria-pressed", String(isLarge));
  });
}

// --- the beginning ---------------------------------------------------------------------------------------------------

function askForSignIn() {
  $("entrance").hidden = false;
  $("token").focus();
  $("sign-in").addEventListener("submit", async (event) => {
    event.preventDefault();
    $("sign-in-trouble").textContent = "";
    try {
      await post("session", { token: $("token").value });
      location.reload();
    } catch (error) {
      const isWrong = error instanceof Refused && error.status === 403;
      $("sign-in-trouble").textContent = isWrong ? word("wrongToken") : error.message || word("lost");
      $("token").select();
    }
  });
}

function begin(session) {
  model.mode = session.mode;
  document.body.dataset.mode = session.mode;
  $("mode").textContent = word(`mode_${session.mode}`);
  $("mode").title = `duoke ${session.version}`;
  $("bench").hidden = false;
  $("sign-out").hidden = !session.needs_sign_in;
  $("sign-out").addEventListener("click", async () => {
    if (await attempt(() => post("session/end"))) location.reload();
  });
  startStrip();
  startCustomers();
  startPages();
  startComposer();
  startPhone();
  startTools();
  startKeys({ focusComposer, reloadPage });
  startSplitter();
  for (const tab of panelTabs) tab.addEventListener("click", () => showPanel(tab.dataset.panel));
  on("panel", showPanel);
  on("chosen", () => told(word("chosenNow", model.chosen)));
  showPanel(memory.get("panel", "work"));
  beginLive();
}

// Until the host answers for the first time.
async function beginLive() {
  try {
    await live();
  } catch {
    tell("line", "lost");
    if (!await isSignedOut()) setTimeout(beginLive, 2_000);
  }
}

async function start() {
  fill(document);
  $("language").lang = word("otherLang");
  $("language").addEventListener("click", changeLanguage);
  let session = null;
  try {
    session = await get("session");
  } catch {
    $("line-chip").textContent = word("lost");
    setTimeout(() => location.reload(), 3_000);
    return;
  }
  if (session.needs_sign_in && !session.signed_in) askForSignIn();
  else begin(session);
}

start();
