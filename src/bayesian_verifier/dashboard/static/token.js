// How does the page get the token that its server asks for?

import { setToken } from "./data.js";
import { h, put } from "./dom.js";

/** Ask for it in place of the view. wasWrong: one was given already. */
export function askForToken(root, wasWrong, then) {
  const field = h("input", { id: "token", type: "password", autocomplete: "off", required: true, "aria-describedby": "token-why" });
  const form = h(
    "form",
    {
      class: "tools",
      onsubmit: (event) => {
        event.preventDefault();
        setToken(field.value.trim());
        then();
      },
    },
    field,
    h("button", { class: "main", type: "submit" }, "Open"),
  );
  put(
    root,
    h("section", { class: "card empty" }, h("h2", {}, h("label", { for: "token" }, "This page needs the token")), h("p", { id: "token-why" }, "It is in the file that BV_TOKEN_FILE or --token-file names. It is kept until this tab is closed."), wasWrong ? h("p", { class: "said bad", role: "alert" }, "The token was refused.") : null, form),
  );
  field.focus();
}
