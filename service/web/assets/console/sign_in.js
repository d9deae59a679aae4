// How does a dispatcher sign in? E-mail and password for a cookie that no script can read.

import { Problem } from "../api.js";

export function signIn(form, { api, entered }) {
  const refusal = form.querySelector("[role=alert]");
  const button = form.querySelector("button");
  const { email, password } = form.elements;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    refusal.textContent = "";
    try {
      await api.post("/v1/session", { email: email.value.trim(), password: password.value });
      password.value = "";
      entered();
    } catch (error) {
      refusal.textContent = reason(error);
      password.select();
    } finally {
      button.disabled = false;
    }
  });

  return { focus: () => (email.value ? password : email).focus() };
}

function reason(error) {
  if (error instanceof Problem && error.passes) return "The service is busy. Try again.";
  return error.message;
}
