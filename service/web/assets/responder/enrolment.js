// How does a phone join its unit? By a one-time code; the token that it gets stays in this browser.

const APP_VERSION = "1";
const NAME_LENGTH = 100;

export function enrolment(form, { api, enrolled }) {
  const refusal = form.querySelector("[role=alert]");
  const button = form.querySelector("button");
  const { code } = form.elements;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    refusal.textContent = "";
    try {
      enrolled(
        await api.post("/v1/enrolments", { code: code.value.trim(), device: thisDevice(), push: { kind: "none" } }),
      );
      code.value = "";
    } catch (error) {
      refusal.textContent = error.message;
      code.select();
    } finally {
      button.disabled = false;
    }
  });

  return {
    ask(reason) {
      refusal.textContent = reason;
      code.focus();
    },
  };
}

function thisDevice() {
  const model = navigator.userAgentData?.platform || navigator.platform || "browser";
  return { platform: "web", model: model.slice(0, NAME_LENGTH), app_version: APP_VERSION };
}
