// How is the phone page put together? Enrol once; then what is told or asked comes in here, and is shown.

import { Problem, Unreachable, apiClient } from "../api.js";
import { remember, remembered } from "../memory.js";
import { serverClock } from "../server_clock.js";
import { startTicking } from "../ticking.js";
import { watching } from "../watching.js";
import { answers } from "./answers.js";
import { assignments } from "./assignments.js";
import { stayAwake } from "./awake.js";
import { connection } from "./connection.js";
import { duty } from "./duty.js";
import { earlierAlerts } from "./earlier_alerts.js";
import { emergencyBar } from "./emergency_bar.js";
import { enrolment } from "./enrolment.js";
import { helpCall } from "./help_call.js";
import { inbox } from "./inbox.js";
import { news } from "./news.js";
import { positions } from "./positions.js";
import { readiness } from "./readiness.js";
import { receipts } from "./receipts.js";
import { ringing } from "./ringing.js";
import { siren } from "./siren.js";
import { findings, isActive } from "./steps.js";
import { questionOf, welfare } from "./welfare.js";

const ON_DUTY_EVERY_MS = 1_500;
const OFF_DUTY_EVERY_MS = 10_000;
const SHOWS_EVERY_MS = 500;
const SETTLES_MS = 1_500;
const byId = (id) => document.getElementById(id);

let device = remembered("device", null);
let watch = null;
let soon = null;
const clock = serverClock();
const api = apiClient({ clock, token: () => device?.device_token });
const line = connection(byId("connection"));
const alerts = inbox({ clock });
const found = findings();
const told = answers({ api, changed: show, took });
const position = positions({ api, clock });
const help = helpCall({ api, spot: () => position.spot, spotSoon: position.spotSoon, changed: helpChanged });
const loud = siren({ changed: show });
const awake = stayAwake();
const said = news(byId("news"));
const receipt = receipts(api);
const silencedQuestions = new Set();
const acts = { told, found, here: () => position.here, learned: show };
const alarm = ringing(byId("ringing"), {
  ...acts,
  silence: (alert) => alerts.silence(alert),
  silenceAll: () => alerts.silenceAll(),
  setAside: (alert) => alerts.setAside(alert),
});
const question = welfare(byId("welfare"), {
  told,
  needsHelp: (alert) => help.call(alert),
  silence(alert) {
    silencedQuestions.add(questionOf(alert));
    show();
  },
});
const emergency = emergencyBar(byId("emergency"), { help });
const status = duty(byId("duty"), { api, note: byId("duty-note"), changed: dutyChanged });
const ready = readiness(byId("readiness"), { siren: loud, position });
const going = assignments(byId("assignments"), acts);
const earlier = earlierAlerts(byId("alerts"), { none: byId("no-alerts"), ...acts });
const door = enrolment(byId("enrolment"), { api, enrolled });

startTicking(clock);
setInterval(show, SHOWS_EVERY_MS);
document.addEventListener("visibilitychange", () => watch?.now());
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
  help.resume();
  watch?.stop();
  watch = watching("/v1/me/stream", {
    token: () => device.device_token,
    look: catchUp,
    heard,
    everyMs: () => (status.isOnDuty ? ON_DUTY_EVERY_MS : OFF_DUTY_EVERY_MS),
    failed,
    changed: () => line.live(watch?.isLive ?? false),
  });
}

async function catchUp() {
  const askedAtMs = Date.now();
  const [answer, me] = await Promise.all([api.get("/v1/me/alerts", { since: alerts.since }), api.get("/v1/me")]);
  if (!watch) return;
  line.isUp(clock.now());
  status.learn(me.status);
  help.learn(me, askedAtMs);
  take(answer, askedAtMs);
}

/** The stream's word for something that has happened. */
function heard(event, what) {
  if (event === "warning") {
    said.warn(what);
    if (what.page.loud && !help.state) loud.chime();
  } else if (event === "alert") {
    // Of a later moment than what was just said here? Asking again will tell, and how the unit is by now.
    if (!alerts.hasJustLearned(what)) take({ items: [what], next: null }, Date.now());
    lookSoon();
  }
}

/** The service's answer to what was said on this phone. */
function took(alert) {
  alerts.learn(alert);
  lookSoon();
}

function lookSoon() {
  soon ??= setTimeout(() => {
    soon = null;
    watch?.now();
  }, SETTLES_MS);
}

function take(answer, askedAtMs) {
  for (const { alert, before } of alerts.take(answer, askedAtMs)) said.tell(alert, before);
  receipt.received(alerts.ringing);
  show();
}

function show() {
  if (!device) return;
  const all = alerts.all;
  const active = all.filter(isActive);
  const open = all.filter((alert) => isActive(alert) || !found.areSaid(alert));
  const asked = help.state ? null : (active.find((alert) => alert.welfare) ?? null);
  const onTop = asked ? null : alerts.onTop;
  question.show(asked, { nowMs: clock.now() });
  alarm.show(onTop, { others: alerts.waiting.length - 1 });
  byId("phone").inert = asked !== null || onTop !== null;
  if (onTop && !document.hidden) receipt.displayed(onTop);
  if (onTop?.incident.drill && !help.state) loud.drill(onTop);
  // An officer who calls for help may be hiding: nothing on this phone sounds.
  if (help.state) loud.silence();
  loud.sound(!help.state && (alerts.isLoud || (asked !== null && !silencedQuestions.has(questionOf(asked)))));
  emergency.show({ isOnDuty: status.isOnDuty });
  going.show(open);
  status.show({ isBusy: active.length > 0 });
  earlier.show(
    all.filter((alert) => !open.includes(alert) && alert !== onTop),
    { isFirst: all.length === 0 },
  );
  ready.show({ isOnDuty: status.isOnDuty });
}

function failed(error) {
  if (error instanceof Problem && error.status === 401) {
    stop();
    showPhone(false, "This phone is no longer enrolled. Ask for a new code.");
    return;
  }
  line.isDown();
  // A mistake of this page is no bad network: it belongs into the browser's console.
  if (!(error instanceof Problem || error instanceof Unreachable)) reportError(error);
}

function stop() {
  watch?.stop();
  watch = null;
  loud.sound(false);
  position.stop();
  help.forget();
}

function helpChanged() {
  show();
  // It is over, and the unit may be free.
  if (!help.state) lookSoon();
}

function dutyChanged() {
  if (status.isOnDuty) position.start();
  else position.stop();
  awake.want(status.isOnDuty);
  // Only a tap on the status lets the siren sound; the browser ignores this otherwise.
  if (status.isOnDuty && navigator.userActivation?.isActive) loud.allow();
  watch?.now();
}

function showPhone(isEnrolled, reason = "") {
  byId("phone").hidden = !isEnrolled;
  byId("enrolment-door").hidden = isEnrolled;
  if (!isEnrolled) door.ask(reason);
}
