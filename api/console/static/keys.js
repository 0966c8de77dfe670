// Keys for whoever decides many flags. Whatever a key does, a link or a button on the page does too.
"use strict";

const shortcut = (key) => document.querySelector(`[data-key="${CSS.escape(key)}"]`);
const typing = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;

function reveal() {
  const veiled = [...document.querySelectorAll(".veiled")];
  const show = veiled.some((one) => !one.classList.contains("shown"));
  veiled.forEach((one) => one.classList.toggle("shown", show));
}

function step(by) {
  const cards = [...document.querySelectorAll("[data-card]")];
  const at = cards.indexOf(document.activeElement);
  const next = cards[at < 0 ? (by > 0 ? 0 : cards.length - 1) : at + by];
  if (next) next.focus();
  return cards.length > 0;
}

function open(summary) {
  summary.parentElement.open = true;
  const field = summary.parentElement.querySelector("textarea, select, button");
  if (field) field.focus();
}

function press(key) {
  if (key === "r") return reveal();
  if ((key === "j" || key === "k") && step(key === "j" ? 1 : -1)) return undefined;
  const element = shortcut(key);
  if (!element) return undefined;
  return element.tagName === "SUMMARY" ? open(element) : element.click();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") return document.activeElement.blur(); // out of a field, back to the keys
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || typing(event.target)) return;
  if (event.key.length === 1 && (event.key === "r" || event.key === "j" || event.key === "k" || shortcut(event.key))) {
    event.preventDefault();
    press(event.key);
  }
});
