// How is the console put together? Sign in, then one loop that asks for the incidents and shows them everywhere.

import { Problem, Unreachable, apiClient } from "../api.js";
import { remember, remembered } from "../memory.js";
import { polling } from "../polling.js";
import { serverClock } from "../server_clock.js";
import { speaker } from "../speaker.js";
import { startTicking } from "../ticking.js";
import { alarm } from "./alarm.js";
import { announcer } from "./announcer.js";
import { board } from "./board.js";
import { connection } from "./connection.js";
import { incidentList } from "./incident_list.js";
import { incidentView } from "./incident_view.js";
import { shortcuts } from "./shortcuts.js";
import { signIn } from "./sign_in.js";
import { soundSwitch } from "./sound_switch.js";
import { tally } from "./tally.js";

const EVERY_MS = 2_000;
const byId = (id) => document.getElementById(id);

const clock = serverClock();
const api = apiClient({ clock });
const line = connection(byId("connection"));
const loudspeaker = speaker({ changed: () => sound.show() });
const sound = soundSwitch(byId("sound-switch"), loudspeaker);
const siren = alarm(byId("alarm"), sound);
const list = incidentList(byId("incidents"), {
  none: byId("no-incidents"),
  older: byId("older"),
  follow: byId("follow"),
});
const view = incidentView(byId("incident"));
const parts = [list, view, siren, tally(byId("tally")), announcer(byId("announcer"), sound)];
const door = signIn(byId("sign-in"), { api, entered: enter });
let loop = null;

startTicking(clock);
shortcuts(document, { list, view, alarm: siren, sound, switch: byId("keys-switch") });
byId("sign-out").addEventListener("click", leave);
window.addEventListener("hashchange", () => loop?.now());
byId("older").addEventListener("click", () => loop?.now());
if (remembered("console.signed-in", false)) enter();
else showDesk(false);

function enter() {
  loop?.stop();
  loop = polling(look, { everyMs: () => EVERY_MS, failed });
}

async function look() {
  const seen = await board(api, { chosenId: location.hash.slice(1), limit: list.limit });
  remember("console.signed-in", true);
  showDesk(true);
  line.isUp(clock.now());
  for (const part of parts) part.show(seen);
}

function failed(error) {
  if (error instanceof Problem && error.status === 401) {
    loop.stop();
    loudspeaker.stop();
    remember("console.signed-in", null);
    showDesk(false);
    return;
  }
  line.isDown(error);
  // A mistake of this page is no bad network: it belongs into the browser's console.
  if (!(error instanceof Problem || error instanceof Unreachable)) reportError(error);
}

async function leave() {
  loop.stop();
  loudspeaker.stop();
  await api.delete("/v1/session").catch(line.isDown);
  remember("console.signed-in", null);
  // Nothing that was shown stays in memory for whoever sits down next.
  location.replace("/");
}

function showDesk(isSignedIn) {
  byId("desk").hidden = !isSignedIn;
  byId("desk-door").hidden = isSignedIn;
  if (!isSignedIn) door.focus();
}
