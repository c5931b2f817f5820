// The form: what can be asked, and asking it.
import { showAnswer } from "./answer.js";
import { closeInstances, openInstances } from "./instances.js";
import { byId, complain, element, post } from "./parts.js";

let known;

const tick = (name, text) => element("label", {}, element("input", { type: "checkbox", value: name }), text);
const ticked = (id) => [...byId(id).querySelectorAll("input:checked")].map((one) => one.value);

function number(id, whole = false) {
  const field = byId(id);
  const value = field.valueAsNumber;
  if (Number.isNaN(value) || (whole && !Number.isInteger(value))) {
    const label = field.closest("label").firstChild.textContent.trim();
    throw new Error(`“${label}” is to be a ${whole ? "whole " : ""}number`);
  }
  return value;
}

function own(kind) {
  if (kind === "top-k") return { k: number("k", true), order: byId("order").value };
  if (kind === "threshold") return { threshold: number("threshold"), side: byId("side").value };
  if (kind === "compare") {
    const others = ticked("others");
    if (!others.length) throw new Error("Choose at least one other model to compare with");
    return { others, margin: number("margin"), finding: byId("finding").value };
  }
  const bad = byId("bad").value === "threshold" ? { threshold: number("bad-number") } : { deviations: number("bad-number") };
  return { ...bad, patterns: number("patterns", true) };
}

function plans() {
  const fields = {}, slots = {};
  for (const row of byId("filters").children) {
    const column = row.querySelector("select").value;
    const value = row.querySelector("input").value.trim();
    if (!value) throw new Error(`The filter on ${column} has no value: give one, or remove it`);
    const first = ["generator", "target", "attribute_type", "attribute_value", "reference"].includes(column);
    if (column in fields || column in slots) throw new Error(`There are two filters on ${column}; one is possible`);
    (first ? fields : slots)[column] = value;
  }
  return { ...fields, slots };
}

function query() {
  const kind = byId("kind").value;
  return {
    kind, model: byId("model").value, by: ticked("by"), plans: plans(), ...own(kind),
    confidence: Number(byId("confidence").value),
    ...(known.buys && byId("buy").checked ? { budget: number("budget", true) } : {}),
  };
}

async function ask(event) {
  event.preventDefault();
  complain();
  const button = byId("ask");
  let asked;
  try {
    asked = { query: query(), buy: known.buys && byId("buy").checked, more: known.known ? number("more", true) : 0 };
  } catch (error) { return complain(error.message); }
  button.disabled = true;
  const began = Date.now();
  const clock = setInterval(() => { button.textContent = `Working, ${Math.round((Date.now() - began) / 1000)} s`; }, 500);
  closeInstances();
  try {
    const answer = await post("answer", asked);
    showAnswer(answer, known, (values, label) => openInstances(answer.query, values, label, known));
  } catch (error) {
    byId("answer").replaceChildren(element("p", { className: "empty" }, "No answer."));
    complain(error.message);
  } finally {
    clearInterval(clock);
    button.textContent = "Ask";
    button.disabled = false;
  }
}

function addFilter() {
  const columns = element("select", { ariaLabel: "Column" }, ...Object.keys(known.columns).map((one) => element("option", { value: one }, one)));
  const offered = element("datalist", { id: `values-${Date.now()}-${byId("filters").children.length}` });
  const value = element("input", { ariaLabel: "Value", placeholder: "value" });
  value.setAttribute("list", offered.id);
  const offer = () => {
    value.value = "";
    offered.replaceChildren(...known.columns[columns.value].map(([one, plans]) => element("option", { value: one }, `${known.names[one] ?? one} (${plans} plans)`)));
  };
  columns.addEventListener("change", offer);
  offer();
  const row = element("div", { className: "filter" }, columns, value,
    element("button", { type: "button", ariaLabel: "Remove this filter", on: { click: () => row.remove() } }, "×"), offered);
  byId("filters").append(row);
}

function chooseKind() {
  for (const part of document.querySelectorAll(".of")) part.hidden = part.dataset.kind !== byId("kind").value;
  offerOthers();
}

function offerOthers() {
  const before = ticked("others");
  const others = known.models.filter((one) => one !== byId("model").value);
  byId("others").replaceChildren(...others.map((one) => tick(one, one)));
  for (const box of byId("others").querySelectorAll("input")) box.checked = before.includes(box.value) || others.length === 1;
  if (!others.length) byId("others").append(element("span", { className: "hint" }, "no other model was evaluated"));
}

function chooseBuying() {
  byId("buy-label").hidden = !known.buys;
  byId("budget-label").hidden = !(known.buys && byId("buy").checked);
  byId("more-label").hidden = !known.known;
  byId("budget-hint").textContent = known.buys
    ? "Nothing is bought unless you tick this, and never more than the budget."
    : "Answers come from what is known already; nothing is bought here.";
}

async function start() {
  known = await (await fetch("known")).json();
  const plural = (number, what) => `${number.toLocaleString("en")} ${what}${number === 1 ? "" : "s"}`;
  byId("source").textContent = known.known
    ? `From ${known.source}: ${plural(known.known, "evaluation")} of ${plural(known.models.length, "model")} on ${plural(known.plans, "plan")}.`
    : `From ${known.source}.`;
  byId("model").replaceChildren(...known.models.map((one) => element("option", { value: one }, one)));
  byId("by").replaceChildren(...Object.entries(known.columns).map(([name, values]) => tick(name, `${name} (${values.length})`)));
  byId("kind").addEventListener("change", chooseKind);
  byId("model").addEventListener("change", offerOthers);
  byId("buy").addEventListener("change", chooseBuying);
  byId("add-filter").addEventListener("click", addFilter);
  byId("bad").addEventListener("change", () => { byId("bad-number").value = byId("bad").value === "threshold" ? 0.3 : 1; });
  byId("query").addEventListener("submit", ask);
  chooseKind();
  chooseBuying();
  byId("ask").disabled = false;
}

start().catch((error) => complain(`The page could not start: ${error.message}`));
