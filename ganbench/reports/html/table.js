"use strict";
// The main table: sorted by any column, filtered by text, family and verdict.

/** The number or text that a cell is sorted by; null where it has none. */
function sortKey(row, column) {
  const text = row.children[column].dataset.sort ?? "";
  if (text === "") return null;
  if (text === "inf") return Infinity;
  if (text === "-inf") return -Infinity;
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}

/** Order of two keys of a column; text is put after numbers. */
function compareKeys(one, other) {
  if (typeof one === "number" && typeof other === "number") return one < other ? -1 : one > other ? 1 : 0;
  if (typeof one !== typeof other) return typeof one === "number" ? -1 : 1;
  return one.localeCompare(other, "en", { numeric: true });
}

/** Sort the rows of a table; those without a key stay at the end, in either direction. */
function sortTable(table, column, ascending) {
  const body = table.tBodies[0];
  const rows = Array.from(body.rows, (row, place) => ({ row, place, key: sortKey(row, column) }));
  rows.sort((a, b) => {
    if (a.key === null || b.key === null) return (a.key === null) - (b.key === null) || a.place - b.place;
    const order = compareKeys(a.key, b.key);
    return (ascending ? order : -order) || a.place - b.place;
  });
  body.append(...rows.map((entry) => entry.row));
  Array.from(table.tHead.rows[0].cells).forEach((head, place) => {
    const direction = ascending ? "ascending" : "descending";
    head.setAttribute("aria-sort", place === column ? direction : "none");
  });
}

function setUpTable(article) {
  const table = article.querySelector("table.main");
  const heads = Array.from(table.tHead.rows[0].cells);
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      sortTable(table, column, head.getAttribute("aria-sort") !== "ascending");
    });
  });
  heads[0].setAttribute("aria-sort", "ascending"); // as it was written

  const find = (name) => article.querySelector(name);
  const [text, family, verdict] = [find(".by-text"), find(".by-family"), find(".by-verdict")];
  const [controls, count] = [find(".with-controls"), find(".count")];
  const filter = () => {
    const wanted = text.value.trim().toLowerCase();
    let shown = 0;
    let all = 0;
    for (const row of table.tBodies[0].rows) {
      const control = row.classList.contains("control");
      const fits =
        row.dataset.key.toLowerCase().includes(wanted) &&
        (!family.value || (!control && row.dataset.family === family.value)) &&
        (!verdict.value || row.dataset.verdicts.split("|").includes(verdict.value)) &&
        (controls.checked || !control);
      row.hidden = !fits;
      if (!control) all += 1;
      if (!control && fits) shown += 1;
    }
    count.textContent = `${shown} of ${all} shown`;
  };
  for (const input of [text, family, verdict, controls]) input.addEventListener("input", filter);
  filter();
}
