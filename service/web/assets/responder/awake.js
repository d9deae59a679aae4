// How does the page stay awake to ring? It asks the phone to keep the screen on while the unit is on duty.

export function stayAwake() {
  let isWanted = false;
  let lock = null;

  async function ask() {
    if (!isWanted || document.hidden || lock || !navigator.wakeLock) return;
    try {
      lock = await navigator.wakeLock.request("screen");
      lock.addEventListener("release", () => {
        lock = null;
      });
    } catch {
      // A low battery refuses it. The page works as before, as long as it is open.
    }
  }

  // The phone takes the lock back whenever the page is hidden.
  document.addEventListener("visibilitychange", ask);
  return {
    want(isOn) {
      isWanted = isOn;
      if (isOn) ask();
      else lock?.release();
    },
  };
}
