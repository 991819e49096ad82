// What every page of the console does: focus on what went wrong, announce in the region apart. Works without, too.
"use strict";

const console_csrf = () => document.querySelector("meta[name=csrf]").content;

// Say one thing, once, to screen readers.
const announce = (words) => {
  const region = document.getElementById("annunci");
  region.textContent = "";
  setTimeout(() => { region.textContent = words; }, 50);
};

// The text at an address, asked for in the background; null when there is none now. A session that is over, or a thing that
// is gone, is told by the page itself.
const console_read = async (address) => {
  try {
    const answer = await fetch(address, { headers: { "X-Background": "1" } });
    if (answer.status === 401 || answer.status === 404) location.reload();
    else if (answer.ok) return await answer.text();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // the console is being restarted, or the network is away
  }
  return null;
};

// Call `look` once the page is connected, whatever happened before that, and then at each change. Refused for good (the
// session is over, what is followed is gone, something in between is down), it looks as well: the answer says which.
const console_events = (address, look) => {
  const follow = () => {
    const events = new EventSource(address);
    events.addEventListener("change", look);
    events.addEventListener("over", () => location.reload());
    events.addEventListener("error", (event) => {
      if (events.readyState !== EventSource.CLOSED) return; // it connects again by itself
      look(event);
      setTimeout(follow, 5000);
    });
  };
  follow();
};

document.querySelector("[data-focus]")?.focus();

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  const question = button?.dataset.confirm || event.target.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

document.addEventListener("focusin", (event) => {
  if (event.target.matches?.("[data-select]")) event.target.select();
});
