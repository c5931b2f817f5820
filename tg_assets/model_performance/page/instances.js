// What lies behind a unit: pictures, questions, options, and what each model said.
import { byId, complain, element, post } from "./parts.js";
import { named } from "./answer.js";

let asked = 0;

export function closeInstances() {
  asked++;
  byId("instances").hidden = true;
  byId("instances").replaceChildren();
}

export async function openInstances(query, values, label, known, verdict = "all", at = 0) {
  const mine = ++asked;
  const section = byId("instances");
  section.hidden = false;
  section.replaceChildren(element("p", { className: "empty" }, "Looking…"));
  let found;
  try { found = await post("instances", { query, values, verdict, at }); } catch (error) {
    if (mine === asked) { closeInstances(); complain(error.message); }
    return;
  }
  if (mine !== asked) return;
  const again = (other, from) => openInstances(query, values, label, known, other, from);
  const what = found.instances ? "instance" : "plan";
  const cards = found.instances ? found.instances.map((one) => card(one, known)) : found.plans.map((one) => planCard(one, known));
  section.replaceChildren(
    element("h2", { dir: "auto" }, `${label}: ${found.in_all.toLocaleString("en")} ${what}${found.in_all === 1 ? "" : "s"}`),
    found.instances ? chooser(query.model, verdict, again) : element("p", { className: "hint" }, "Single answers are not known here, only how often each plan was answered correctly."),
    ...confused(found.confused ?? [], query.model),
    cards.length ? element("div", { className: "cards" }, ...cards) : element("p", { className: "empty" }, empty(found, verdict, query.model)),
    ...pager(found, at, (from) => again(verdict, from)));
  section.scrollIntoView({ behavior: "instant", block: "start" });
}

function empty(found, verdict, model) {
  if (!found.instances) return "No plan of the evidence is behind this: it was drawn for this query.";
  const said = { all: "These plans are not among the tasks of the galaxy: they were drawn for this query.", wrong: `${model} was wrong on none of them.`, right: `${model} was right on none of them.`, none: `${model} named an option on all of them.` };
  return said[verdict];
}

function chooser(model, verdict, again) {
  const words = { all: "all", wrong: `${model} was wrong`, right: `${model} was right`, none: `${model} named no option` };
  const options = Object.entries(words).map(([value, text]) => element("option", { value, selected: value === verdict }, text));
  const select = element("select", { id: "verdict", on: { change: () => again(select.value, 0) } }, ...options);
  return element("div", { className: "bar" }, element("label", {}, "Show ", select));
}

function confused(pairs, model) {
  if (!pairs.length) return [];
  const heads = ["right", `${model} said`, "times"].map((text, place) => element("th", { className: place === 2 ? "n" : "" }, text));
  const rows = pairs.map(([right, said, times]) => element("tr", {},
    element("td", {}, right), element("td", {}, said), element("td", { className: "n" }, times.toLocaleString("en"))));
  return [element("details", {}, element("summary", {}, "What it took for what"),
    element("table", {}, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows)))];
}

function pager(found, at, go) {
  const shown = (found.instances ?? found.plans).length;
  if (found.in_all <= shown && at === 0) return [];
  const to = (from, text, off) => element("button", { type: "button", disabled: off, on: { click: () => go(from) } }, text);
  return [element("div", { className: "bar" },
    to(Math.max(0, at - found.page), "Before", at === 0),
    element("span", {}, `${at + 1} to ${at + shown} of ${found.in_all.toLocaleString("en")}`),
    to(at + found.page, "Next", at + shown >= found.in_all))];
}

function picture(id, alt) {
  const image = element("img", { src: `picture/${encodeURIComponent(id)}`, alt, loading: "lazy" });
  image.addEventListener("error", async () => {
    let reason = "the picture cannot be shown";
    try { reason = (await (await fetch(image.src)).json()).error; } catch { /* the reason stays plain */ }
    image.replaceWith(element("p", {}, reason));
  });
  return image;
}

const planText = (one, known) =>
  Object.entries(one.plan).map(([key, value]) => `${key} ${named(known, key, value)}`).join(" · ");

function card(one, known) {
  const frames = one.pictures.map((id, place) => picture(id, one.pictures.length > 1 ? `frame ${place + 1} of the video` : `picture of ${one.question}`));
  const options = one.options.map((text, place) => element("li", { className: text === one.right ? "yes" : "" },
    `(${String.fromCharCode(65 + place)}) ${text}${text === one.right ? " — right" : ""}`));
  return element("article", { className: "card" },
    element("div", { className: "strip" }, ...frames),
    element("div", { className: "inside" },
      element("p", { className: "question", dir: "auto" }, one.question),
      element("ul", { className: "options" }, ...options),
      said(one.models),
      details(one.models),
      element("p", { className: "plan" }, `${one.generator} ${one.index}, seed ${one.seed} · ${planText(one, known)} · ${one.path}`)));
}

function said(models) {
  if (!models.length) return element("p", { className: "none" }, "No model was asked.");
  const rows = models.map(({ model, replies }) => element("tr", {},
    element("td", {}, model), element("td", {}, ...counted(replies).flatMap((one, place) => (place ? [element("br"), one] : [one])))));
  return element("table", {}, element("thead", {}, element("tr", {}, element("th", {}, "model"), element("th", {}, "said"))), element("tbody", {}, ...rows));
}

// The same thing said of several orders of the options stands once, with its number.
function counted(replies) {
  const groups = new Map();
  for (const one of replies) {
    const text = one.said ?? (one.how === "several" ? "several options" : one.reply === null ? `no reply (${one.outcome})` : "no option");
    const kind = one.correct === null ? "none" : one.correct ? "right" : "wrong";
    const group = groups.get(`${kind} ${text}`) ?? { text, kind, number: 0 };
    group.number++;
    groups.set(`${kind} ${text}`, group);
  }
  const marks = { right: "✓", wrong: "✗", none: "–" };
  const verdicts = { right: "right", wrong: "wrong", none: "no answer" };
  return [...groups.values()].map(({ text, kind, number }) =>
    element("span", { className: kind, title: verdicts[kind] }, `${marks[kind]} ${text}${number > 1 ? ` ×${number}` : ""}`));
}

function details(models) {
  const parts = models.flatMap(({ model, replies }) => replies.flatMap((one) => [
    element("div", { className: "none" }, `${model}, options shifted by ${one.permutation}${one.letter ? `: (${one.letter}), read by ${one.how}` : one.how ? `: ${one.how}` : ""}`),
    element("blockquote", { dir: "auto" }, one.reply ?? `no reply: ${one.outcome}${one.reason ? `, ${one.reason}` : ""}`)]));
  return parts.length ? element("details", {}, element("summary", {}, "The replies, word for word"), ...parts) : null;
}

function planCard(one, known) {
  const rows = Object.entries(one.scores).map(([model, score]) => element("tr", {}, element("td", {}, model), element("td", { className: "n" }, score.toFixed(2))));
  return element("article", { className: "card" }, element("div", { className: "inside" },
    element("p", { className: "question" }, `${one.generator} ${one.index}`),
    element("p", { className: "plan" }, planText(one, known)),
    rows.length ? element("table", {}, element("thead", {}, element("tr", {}, element("th", {}, "model"), element("th", { className: "n" }, "correct"))), element("tbody", {}, ...rows)) : element("p", { className: "none" }, "Not evaluated before this query.")));
}
