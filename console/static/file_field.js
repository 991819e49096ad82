// A file that is too large is refused before it is sent. Without this the answer says so, after the sending.
"use strict";

(() => {
  const field = document.getElementById("allegato");
  field?.addEventListener("change", () => {
    const large = [...field.files].some((one) => one.size > Number(field.dataset.most));
    field.setCustomValidity(large ? field.dataset.tooLarge : "");
    if (large) field.reportValidity();
  });
})();
