for (const form of document.querySelectorAll("form")) form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const shown = form.querySelector("pre"), body = form.querySelector("textarea"), token = form.elements.token.value;
  const headers = token ? {authorization: "Bearer " + token} : {};
  if (body) headers["content-type"] = "application/json";
  const reply = await fetch(form.dataset.path, {method: form.dataset.verb, headers, body: body && body.value});
  const text = await reply.text();
  try { shown.textContent = reply.status + "\n" + JSON.stringify(JSON.parse(text), null, 1); }
  catch { shown.textContent = reply.status + "\n" + text; }
});
