// Two comforts of the appointment pages; both work without it, after a reload.
"use strict";

// An error is where reading starts.
document.querySelector("[data-focus]")?.focus();

// The button to enter the video room comes by itself at its time.
const join = document.querySelector("[data-opens-in]");
const DAY_SECONDS = 86400; // a page open longer than that has slept; and timers have a longest time
if (join && Number(join.dataset.opensIn) < DAY_SECONDS) {
  setTimeout(() => {
    join.querySelector(".closed").hidden = true;
    join.querySelector(".open").hidden = false;
  }, Number(join.dataset.opensIn) * 1000);
}
