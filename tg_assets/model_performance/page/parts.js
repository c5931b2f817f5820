// What all parts of the page are made with.
export const byId = (id) => document.getElementById(id);

// Text is never read as HTML: everything from tables and models goes through here.
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "on") for (const [event, what] of Object.entries(value)) made.addEventListener(event, what);
    else if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

export async function post(path, body) {
  const reply = await fetch(path, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
  });
  let said;
  try { said = await reply.json(); } catch { said = { error: `the server answered ${reply.status}` }; }
  if (!reply.ok) throw new Error(said.error ?? `the server answered ${reply.status}`);
  return said;
}

export function complain(message) {
  byId("wrong").textContent = message ?? "";
  byId("wrong").hidden = !message;
}
