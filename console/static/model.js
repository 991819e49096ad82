// The state of models renews itself: often while something is under way, seldom otherwise. Works without, by "Aggiorna".
"use strict";

(() => {
  const place = document.getElementById("stato");
  const OFTEN = 1500;
  const SELDOM = 15000;
  const stageOf = () => place.querySelector("[data-stage]")?.dataset.stage || "";
  let stage = stageOf();

  // What has the focus, so that it can be found again among the new elements.
  const markOf = (element) => element && place.contains(element)
    ? [element.tagName, element.id, element.closest("form")?.getAttribute("action"), element.textContent] : null;

  const renew = async () => {
    try {
      const html = await console_read(place.dataset.rows);
      if (html === null) return;
      const parsed = new DOMParser().parseFromString(html, "text/html");
      const mark = JSON.stringify(markOf(document.activeElement));
      const opened = place.querySelector("details")?.open;
      place.replaceChildren(...parsed.body.childNodes);
      if (opened) place.querySelector("details")?.setAttribute("open", "");
      if (mark !== "null") {
        [...place.querySelectorAll("a, button, summary, [tabindex]")]
          .find((one) => JSON.stringify(markOf(one)) === mark)?.focus();
      }
      const now = stageOf();
      if (now !== stage) announce(now || "Finito.");
      stage = now;
    } finally {
      setTimeout(renew, place.querySelector("[data-busy]") ? OFTEN : SELDOM);
    }
  };

  setTimeout(renew, place.querySelector("[data-busy]") ? OFTEN : SELDOM);
})();
