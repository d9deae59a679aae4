// How is the console put together? Sign in; then what is told or asked comes in here, and goes to every part.

import { Problem, Unreachable, apiClient } from "../api.js";
import { remember, remembered } from "../memory.js";
import { serverClock } from "../server_clock.js";
import { speaker } from "../speaker.js";
import { startTicking } from "../ticking.js";
import { watching } from "../watching.js";
import { alarmsBanner } from "./alarms_banner.js";
import { announcer } from "./announcer.js";
import { attention } from "./attention.js";
import { lists, mostUrgent } from "./board.js";
import { connection } from "./connection.js";
import { hand } from "./hand.js";
import { help } from "./help.js";
import { incidentList } from "./incident_list.js";
import { incidentView } from "./incident_view.js";
import { known } from "./known.js";
import { reading } from "./reading.js";
import { shortcuts } from "./shortcuts.js";
import { signIn } from "./sign_in.js";
import { soundSwitch } from "./sound_switch.js";
import { tally } from "./tally.js";

const EVERY_MS = 3_000;
const byId = (id) => document.getElementById(id);

const clock = serverClock();
const api = apiClient({ clock });
const line = connection(byId("connection"), { everyS: EVERY_MS / 1_000 });
const loudspeaker = speaker({ changed: () => sound.show() });
const sound = soundSwitch(byId("sound-switch"), loudspeaker);
const incidents = known();
const list = incidentList(byId("incidents"), {
  none: byId("no-incidents"),
  older: byId("older"),
  follow: byId("follow"),
});
const announce = announcer({ polite: byId("announcer"), urgent: byId("alarm-announcer") }, { sound });
const alarms = alarmsBanner(byId("alarms"), { announce: announce.say });
const whole = reading(api, { shown: (incident) => view.show(incident), failed });
const acts = hand(api, { took, said: announce.say });
const board = () => incidents.board(list.limit);
const view = incidentView(byId("incident"), {
  hand: acts,
  to: { api, clock, incidents: () => board().incidents, living: () => board().living },
  stay: ({ incident_id: id }) => choose(id),
});
const alarm = attention(byId("attention"), { sound, announce: announce.say, hand: acts });
const parts = [alarm, announce, tally(byId("tally"))];
const door = signIn(byId("sign-in"), { api, entered: enter });
let watch = null;

startTicking(clock);
shortcuts(document, { list, view, alarm, sound, help: help(byId("help")), choose, switch: byId("keys-switch") });
byId("sign-out").addEventListener("click", leave);
window.addEventListener("hashchange", show);
byId("older").addEventListener("click", () => watch?.now());
if (remembered("console.signed-in", false)) enter();
else showDesk(false);

async function enter() {
  watch?.stop();
  if (remembered("console.signed-in", false)) showDesk(true);
  try {
    const user = await api.get("/v1/session");
    acts.allow(user.may);
    byId("who").textContent = `${user.name} · ${user.role}`;
  } catch (error) {
    failed(error);
    if (error.passes) setTimeout(enter, EVERY_MS);
    return;
  }
  remember("console.signed-in", true);
  showDesk(true);
  watch = watching("/v1/stream", { look, heard, everyMs: () => EVERY_MS, failed, changed: turned });
}

async function look() {
  const askedAtMs = Date.now();
  const [answers, wrong] = await Promise.all([
    lists(api, { limit: list.limit }),
    // Whatever keeps it from being known must not keep the incidents from being shown.
    api.get("/v1/alarms").catch(() => null),
  ]);
  if (!watch) return;
  alarms.show(wrong);
  incidents.take(answers, askedAtMs);
  line.isUp(clock.now());
  show();
  // While nothing is told, nobody knows whether it has changed.
  if (!watch.isLive && whole.id) whole.changed(whole.id);
}

function turned() {
  line.live(watch?.isLive ?? false);
}

/** The stream's word for something that has happened. */
function heard(event, told) {
  if (event === "alarms") alarms.show(told);
  if (event !== "incident") return;
  incidents.put(told.incident);
  show();
  whole.changed(told.incident.incident_id);
}

/** What an act answered is newer than whatever was read. */
function took(incident) {
  incidents.put(incident);
  whole.learn(incident);
  show();
}

function show() {
  if (!watch) return;
  const seen = board();
  const chosenId = location.hash.slice(1);
  const shownId = chosenId || mostUrgent(seen)?.incident_id || null;
  for (const part of parts) part.show(seen);
  list.show({ ...seen, shownId, isFollowing: !chosenId });
  whole.open(shownId);
}

/** Whoever acts on an incident stays with it; an empty id follows whatever is most urgent. */
function choose(incidentId) {
  if (location.hash.slice(1) === incidentId) return;
  history.replaceState(null, "", `#${incidentId}`);
  show();
}

function failed(error) {
  if (error instanceof Problem && error.status === 401) {
    shutOut();
    return;
  }
  line.isDown(error);
  // A mistake of this page is no bad network: it belongs into the browser's console.
  if (!(error instanceof Problem || error instanceof Unreachable)) reportError(error);
}

function shutOut() {
  stop();
  remember("console.signed-in", null);
  showDesk(false);
}

async function leave() {
  stop();
  await api.delete("/v1/session").catch(line.isDown);
  remember("console.signed-in", null);
  // Nothing that was shown stays in memory for whoever sits down next.
  location.replace("/");
}

function stop() {
  watch?.stop();
  watch = null;
  whole.forget();
  loudspeaker.stop();
}

function showDesk(isSignedIn) {
  byId("desk").hidden = !isSignedIn;
  byId("desk-door").hidden = isSignedIn;
  if (!isSignedIn) door.focus();
}
