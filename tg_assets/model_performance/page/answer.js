// An answer as a picture: a bar for the interval of each unit, a mark for its estimate.
import { byId, element } from "./parts.js";

const ESTIMATES = ["estimate", "low", "high", "chance", "plans", "evaluated"];
const AT_ONCE = 40;
const SVG = "http://www.w3.org/2000/svg";

function drawn(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

export const named = (known, column, value) =>
  value === null ? "(none)" : ["target", "reference"].includes(column) ? known.names[value] ?? String(value) : String(value);

function labelOf(unit, query, known) {
  const values = Object.entries(unit).filter(([key]) => !ESTIMATES.includes(key));
  if (query.by.length) return values.map(([key, value]) => named(known, key, value)).join(", ");
  const rest = values.filter(([key, value]) => value !== null && !["generator", "index"].includes(key));
  return `${unit.generator} ${unit.index}: ${rest.map(([key, value]) => named(known, key, value)).join(" ")}`;
}

function valuesOf(unit, query) {
  const names = query.by.length ? query.by : ["generator", "index"];
  return Object.fromEntries(names.map((name) => [name, unit[name]]));
}

const place = (value, scale) => `${(100 * (value - scale.low)) / (scale.high - scale.low)}%`;
const share = (value) => value.toFixed(2);

function bar(unit, scale, threshold) {
  const picture = drawn("svg", { role: "img", "aria-label": numbers(unit) });
  picture.append(drawn("line", { class: "track", x1: "0", x2: "100%", y1: "50%", y2: "50%" }));
  if (scale.low < 0) picture.append(drawn("line", { class: "zero", x1: "50%", x2: "50%", y1: "0", y2: "100%" }));
  if (unit.low !== null) {
    const width = `${(100 * (unit.high - unit.low)) / (scale.high - scale.low)}%`;
    picture.append(drawn("rect", { class: "span", x: place(unit.low, scale), width, y: "22%", height: "56%", rx: 2 }));
  }
  const mark = drawn("svg", { x: place(unit.estimate, scale), overflow: "visible" });
  mark.append(drawn("rect", { class: "point", x: -2, width: 4, y: "8%", height: "84%", rx: 1 }));
  picture.append(mark);
  if (threshold !== null) picture.append(drawn("line", { class: "cut", x1: place(threshold, scale), x2: place(threshold, scale), y1: "0", y2: "100%" }));
  return picture;
}

function numbers(unit) {
  if (unit.low === null) return `${share(unit.estimate)}, interval not known`;
  if (unit.low === unit.high) return `${share(unit.estimate)}, exact`;
  return `${share(unit.estimate)}, from ${share(unit.low)} to ${share(unit.high)}`;
}

function axis(scale, query) {
  const picture = drawn("svg", { "aria-hidden": "true" });
  for (let step = 0; step <= 4; step++) {
    const value = scale.low + (step * (scale.high - scale.low)) / 4;
    const text = drawn("text", { x: place(value, scale), y: 11, "text-anchor": ["start", "middle", "middle", "middle", "end"][step] });
    text.textContent = String(value);
    picture.append(text);
  }
  const what = query.kind === "compare" ? "difference" : "share correct";
  return element("div", { className: "unit axis" },
    element("span", {}, query.by.join(", ") || "plan"), picture,
    element("span", {}, `${what}, ${Math.round(query.confidence * 100)} % interval`));
}

function row(unit, answer, known, scale, open) {
  const grouped = answer.query.by.length > 0;
  const label = labelOf(unit, answer.query, known);
  const evaluated = grouped ? `${unit.evaluated.toLocaleString("en")} of ${unit.plans.toLocaleString("en")} plans evaluated` : unit.evaluated ? "evaluated" : "predicted";
  const sure = unit.chance === null ? 100 : Math.round(unit.chance * 100);
  const surely = sure === 100 ? "" : ` · belongs with ${sure} %`;
  const button = element("button", { type: "button", className: "unit", ariaPressed: "false", on: { click: () => {
    for (const other of document.querySelectorAll(".unit[aria-pressed]")) other.ariaPressed = "false";
    button.ariaPressed = "true";
    open(valuesOf(unit, answer.query), label);
  } } },
  element("span", { className: "name", dir: "auto" }, label), bar(unit, scale, answer.threshold),
  element("span", { className: "number" }, numbers(unit), element("small", {}, evaluated + surely)));
  return button;
}

function units(answer, known, open) {
  const scale = answer.query.kind === "compare" ? { low: -1, high: 1 } : { low: 0, high: 1 };
  const list = element("div", { className: "units" }, axis(scale, answer.query));
  let shown = 0;
  const next = element("button", { type: "button", on: { click: more } });
  function more() {
    list.append(...answer.found.slice(shown, shown + AT_ONCE).map((unit) => row(unit, answer, known, scale, open)));
    shown = Math.min(answer.found.length, shown + AT_ONCE);
    next.textContent = `Show more (${(answer.found.length - shown).toLocaleString("en")})`;
    next.hidden = shown === answer.found.length;
  }
  more();
  return [list, next];
}

function patterns(answer, known, open) {
  if (!answer.patterns.length) return [];
  const rows = answer.patterns.map((one) => {
    const label = Object.entries(one.values).map(([key, value]) => `${key} ${named(known, key, value)}`).join(", ");
    return element("tr", {},
      element("td", {}, element("button", { type: "button", on: { click: () => open(one.values, label) } }, label)),
      ...[one.count, one.among].map((count) => element("td", { className: "n" }, count.toLocaleString("en"))),
      element("td", { className: "n" }, `${Math.round((100 * one.count) / one.among)} %`));
  });
  const heads = ["pattern", "found", "of all", "share"].map((text, place) => element("th", { className: place ? "n" : "" }, text));
  return [element("h3", {}, "What they have in common"),
    element("table", {}, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows))];
}

function lines(answer) {
  const said = [];
  const whole = (value) => Math.round(value).toLocaleString("en");
  if (answer.threshold !== null && answer.number_found.expected !== null) {
    const { expected, low, high } = answer.number_found;
    said.push(`Beyond ${answer.threshold.toFixed(3)} (dashed): ${whole(answer.found_in_all)} of ${whole(answer.units)} found; ${whole(expected)} are expected, from ${whole(low)} to ${whole(high)}.`);
  }
  if (answer.found_in_all > answer.found.length) said.push(`The first ${whole(answer.found.length)} of ${whole(answer.found_in_all)} are shown.`);
  said.push(`${whole(answer.spent)} of ${whole(answer.query.budget)} evaluations bought, ${whole(answer.free)} were known.`);
  if (answer.of_known_alone) said.push("This is about the plans that were evaluated; “Further plans to predict” says what to expect beyond them.");
  for (const note of answer.notes) said.push(note);
  for (const one of answer.failed) said.push(`Failed: ${one.model} on ${one.generator} ${one.index}: ${one.reason}`);
  if (answer.failed_in_all > answer.failed.length) said.push(`and ${whole(answer.failed_in_all - answer.failed.length)} more that failed`);
  return element("ul", { className: "notes" }, ...said.map((line) => element("li", {}, line)));
}

function nothing(answer, known) {
  if (answer.threshold !== null && answer.threshold < 0 && answer.query.kind === "debug") {
    return `So many standard deviations below the mean lies ${answer.threshold.toFixed(2)}, and no share is below 0: give fewer, or say which share is bad.`;
  }
  if (answer.spent + answer.free) return "Nothing was found: nothing lies there.";
  return known.buys && !known.known
    ? "Nothing is known of these plans yet. Tick “Buy evaluations” to have them evaluated."
    : "Nothing is known of these plans.";
}

export function showAnswer(answer, known, open) {
  const title = answer.said[0].toUpperCase() + answer.said.slice(1);
  const found = answer.found.length
    ? [element("p", { className: "hint" }, "Press a row to see the instances behind it."), ...units(answer, known, open)]
    : [element("p", { className: "empty" }, nothing(answer, known))];
  byId("answer").replaceChildren(
    element("h2", { dir: "auto" }, title), ...found, ...patterns(answer, known, open), lines(answer),
    element("h3", {}, "The same from the command line"), element("code", {}, answer.command));
}
