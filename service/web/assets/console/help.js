// Which keys are there? A page of its own over the board, opened and closed by a key or a button.

export function help(dialog) {
  const open = () => dialog.showModal();
  for (const button of document.querySelectorAll("[data-opens-help]")) button.addEventListener("click", open);
  dialog.querySelector("[data-closes-help]").addEventListener("click", () => dialog.close());
  return {
    get isOpen() {
      return dialog.open;
    },
    open,
  };
}
