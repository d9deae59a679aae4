// How is the phone page put together? Enrol once; then one loop catches up with the unit's alerts and shows them.

import { Problem, Unreachable, apiClient } from "../api.js";
import { remember, remembered } from "../memory.js";
import { polling } from "../polling.js";
import { serverClock } from "../server_clock.js";
import { startTicking } from "../ticking.js";
import { answers } from "./answers.js";
import { assignments } from "./assignments.js";
import { stayAwake } from "./awake.js";
import { connection } from "./connection.js";
import { duty } from "./duty.js";
import { earlierAlerts } from "./earlier_alerts.js";
import { enrolment } from "./enrolment.js";
import { inbox } from "./inbox.js";
import { news } from "./news.js";
import { positions } from "./positions.js";
import { readiness } from "./readiness.js";
import { receipts } from "./receipts.js";
import { ringing } from "./ringing.js";
import { siren } from "./siren.js";
import { hasSaidAll, isActive, steps } from "./steps.js";

const ON_DUTY_EVERY_MS = 1_500;
const OFF_DUTY_EVERY_MS = 10_000;
const SHOWS_EVERY_MS = 500;
const byId = (id) => document.getElementById(id);

let device = remembered("device", null);
let loop = null;
const clock = serverClock();
const api = apiClient({ clock, token: () => device?.device_token });
const line = connection(byId("connection"));
const alerts = inbox({ clock });
const walked = steps();
const told = answers({ api, changed: show, took: (alert) => alerts.learn(alert) });
const position = positions({ api, clock });
const loud = siren({ changed: show });
const awake = stayAwake();
const said = news(byId("news"));
const receipt = receipts(api);
const acts = { told, walked, here: () => position.here, learned: show };
const alarm = ringing(byId("ringing"), {
  ...acts,
  silence: (alert) => alerts.silence(alert),
  silenceAll: () => alerts.silenceAll(),
  setAside: (alert) => alerts.setAside(alert),
});
const status = duty(byId("duty"), { api, note: byId("duty-note"), changed: dutyChanged });
const ready = readiness(byId("readiness"), { siren: loud, position });
const going = assignments(byId("assignments"), acts);
const earlier = earlierAlerts(byId("alerts"), { none: byId("no-alerts"), ...acts });
const door = enrolment(byId("enrolment"), { api, enrolled });

startTicking(clock);
setInterval(show, SHOWS_EVERY_MS);
document.addEventListener("visibilitychange", () => loop?.now());
if (device) start();
else showPhone(false);

function enrolled(newDevice) {
  remember("device", newDevice);
  // What the page knows is another unit's, or of an enrolment that has ended.
  if (device) location.reload();
  device = newDevice;
  loud.allow();
  start();
}

function start() {
  byId("call-sign").textContent = device.unit.call_sign;
  showPhone(true);
  dutyChanged();
  loop?.stop();
  loop = polling(catchUp, { everyMs: () => (status.isOnDuty ? ON_DUTY_EVERY_MS : OFF_DUTY_EVERY_MS), failed });
}

async function catchUp() {
  const askedAtMs = Date.now();
  const answer = await api.get("/v1/me/alerts", { since: alerts.since });
  line.isUp(clock.now());
  for (const { alert, before } of alerts.take(answer, askedAtMs)) said.tell(alert, before);
  receipt.received(alerts.ringing);
  show();
}

function show() {
  if (!device) return;
  const all = alerts.all;
  const active = all.filter((alert) => isActive(alert, walked));
  const open = all.filter((alert) => isActive(alert, walked) || !hasSaidAll(alert, walked));
  alarm.show(alerts.onTop, { others: alerts.waiting.length - 1 });
  if (alerts.onTop && !document.hidden) receipt.displayed(alerts.onTop);
  loud.sound(alerts.isLoud);
  going.show(open);
  status.show({ isBusy: active.length > 0 });
  earlier.show(
    all.filter((alert) => !open.includes(alert) && alert !== alerts.onTop),
    { isFirst: all.length === 0 },
  );
  ready.show({ isOnDuty: status.isOnDuty });
}

function failed(error) {
  if (error instanceof Problem && error.status === 401) {
    loop.stop();
    loud.sound(false);
    position.stop();
    showPhone(false, "This phone is no longer enrolled. Ask for a new code.");
    return;
  }
  line.isDown();
  // A mistake of this page is no bad network: it belongs into the browser's console.
  if (!(error instanceof Problem || error instanceof Unreachable)) reportError(error);
}

function dutyChanged() {
  if (status.isOnDuty) position.start();
  else position.stop();
  awake.want(status.isOnDuty);
  // Only a tap on the status lets the siren sound; the browser ignores this otherwise.
  if (status.isOnDuty && navigator.userActivation?.isActive) loud.allow();
  loop?.now();
}

function showPhone(isEnrolled, reason = "") {
  byId("phone").hidden = !isEnrolled;
  byId("enrolment-door").hidden = isEnrolled;
  if (!isEnrolled) door.ask(reason);
}
