// What does this browser remember of a page from one visit to the next? Small values, each under its own name.

/** A remembered value; `otherwise` when there is none, or when the browser keeps nothing. */
export function remembered(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(`beatline.${name}`)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Null forgets it. */
export function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(`beatline.${name}`);
    else localStorage.setItem(`beatline.${name}`, JSON.stringify(value));
  } catch {
    // A browser that keeps nothing still works until the page is closed.
  }
}
