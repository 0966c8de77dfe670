// While a draft is edited, shows what would be posted. The button "Preview" does the same without scripts.
"use strict";

const PAUSE_MS = 700; // after the last key: a server counts calls

// On a wide window it stands beside the form, on a narrow one within it.
function fill(place, level, body) {
  const heading = document.createElement(level);
  heading.textContent = "As it will appear";
  place.replaceChildren(heading, ...body.cloneNode(true).childNodes);
}

function watch(place) {
  const form = place.closest("form");
  let waiting = 0;
  let asked = 0;

  async function show() {
    const turn = ++asked;
    const answer = await fetch(place.dataset.preview, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { "X-Fragment": "yes" },
    }).catch(() => null);
    if (turn !== asked) return; // a later one is on its way
    const fits = answer && (answer.ok || answer.status === 422 || answer.status === 409);
    if (!fits) return; // what was shown last stays
    const page = new DOMParser().parseFromString(await answer.text(), "text/html"); // runs nothing
    fill(place, "h3", page.body);
    document.querySelectorAll(".preview-beside").forEach((beside) => fill(beside, "h2", page.body));
  }

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, PAUSE_MS);
  });
}

document.querySelectorAll("[data-preview]").forEach(watch);
