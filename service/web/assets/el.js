// How is a piece of a page made? From elements and text alone: nothing that was sent to us is ever read as markup.

/**
 * An element. `attributes` hold strings, numbers, true (present) or null and false (absent); `on` holds listeners by
 * event name. Children are nodes or text; null and false are left out, arrays are flattened.
 */
export function el(tag, { on = {}, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : value);
  }
  for (const [event, listener] of Object.entries(on)) element.addEventListener(event, listener);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/**
 * A `draw` that runs only when its data differ from the last time, so that polling disturbs nobody: what a person has
 * opened, focused or is reading stays as it is.
 */
export function whenChanged(draw) {
  let drawn;
  return (data) => {
    const said = JSON.stringify(data);
    if (said === drawn) return;
    drawn = said;
    draw(data);
  };
}
