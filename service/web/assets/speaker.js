// How does a page make a sound? WebAudio alone, and only after a click has allowed it: browsers refuse it before.

/** Each tone is [from Hz, to Hz, seconds]; a pause has no frequency. */
export const CHIME = [
  [880, 880, 0.12],
  [0, 0, 0.05],
  [1_175, 1_175, 0.2],
];
export const ALARM = [
  [988, 988, 0.22],
  [0, 0, 0.06],
  [740, 740, 0.22],
  [0, 0, 0.06],
  [988, 988, 0.3],
];
export const SIREN = [
  [620, 1_400, 0.45],
  [1_400, 620, 0.45],
];
const FADE_S = 0.015;
const LOUDNESS = 0.6;

/** `allow()` belongs into a click's listener. `changed()` is told whenever the browser allows or takes away the sound. */
export function speaker({ changed = () => {} } = {}) {
  let context = null;
  let repeating = null;
  const sounding = new Set();

  function play(tones) {
    if (context?.state !== "running") return;
    let startS = context.currentTime + FADE_S;
    for (const [fromHz, toHz, lengthS] of tones) {
      if (fromHz) sounding.add(tone(context, { fromHz, toHz, startS, lengthS, ended: (one) => sounding.delete(one) }));
      startS += lengthS;
    }
  }

  return {
    get isAllowed() {
      return context?.state === "running";
    },
    async allow() {
      context ??= new AudioContext();
      context.onstatechange = changed;
      await context.resume();
      changed();
    },
    play,
    /** Again and again until `stop()`; a second call changes nothing. */
    repeat(tones, everyMs) {
      if (repeating) return;
      play(tones);
      repeating = setInterval(() => play(tones), everyMs);
    },
    /** At once, in the middle of a tone. */
    stop() {
      clearInterval(repeating);
      repeating = null;
      for (const oscillator of sounding) oscillator.stop();
      sounding.clear();
    },
  };
}

function tone(context, { fromHz, toHz, startS, lengthS, ended }) {
  const oscillator = new OscillatorNode(context, { type: "triangle", frequency: fromHz });
  const gain = new GainNode(context, { gain: 0 });
  oscillator.frequency.setValueAtTime(fromHz, startS);
  oscillator.frequency.linearRampToValueAtTime(toHz, startS + lengthS);
  gain.gain.setValueAtTime(0, startS);
  gain.gain.linearRampToValueAtTime(LOUDNESS, startS + FADE_S);
  gain.gain.setValueAtTime(LOUDNESS, startS + lengthS - FADE_S);
  gain.gain.linearRampToValueAtTime(0, startS + lengthS);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(startS);
  oscillator.stop(startS + lengthS);
  oscillator.onended = () => ended(oscillator);
  return oscillator;
}
