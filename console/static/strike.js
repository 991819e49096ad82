// What is selected in the message is what will be struck out.
"use strict";

(() => {
  const message = document.querySelector("[data-pick]");
  const words = document.getElementById(message.dataset.pick);
  const pick = () => {
    const chosen = message.value.slice(message.selectionStart, message.selectionEnd).trim();
    if (chosen) words.value = chosen;
  };
  message.addEventListener("select", pick);
  message.addEventListener("mouseup", pick);
  message.addEventListener("keyup", pick);
})();
