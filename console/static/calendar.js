// Arrow keys move between the cells of the calendar; Home and End within a row. Tab and links work without, too.
"use strict";

document.addEventListener("keydown", (event) => {
  const cell = event.target.closest?.("[data-grid] td, [data-grid] th");
  if (!cell || event.altKey || event.ctrlKey || event.metaKey || event.target.matches("input, select, textarea")) return;
  const row = cell.parentElement;
  const rows = [...cell.closest("table").rows];
  const at = [rows.indexOf(row), cell.cellIndex];
  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  let next;
  if (event.key in moves) {
    const [down, right] = moves[event.key];
    next = rows[at[0] + down]?.cells[at[1] + right];
  } else if (event.key === "Home") {
    next = row.cells[0];
  } else if (event.key === "End") {
    next = row.cells[row.cells.length - 1];
  }
  if (!next) return;
  event.preventDefault();
  const inside = next.querySelector("a, button");
  if (!inside) next.tabIndex = -1;
  (inside || next).focus();
  next.scrollIntoView({ block: "nearest", inline: "nearest" });
});
