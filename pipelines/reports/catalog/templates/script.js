"use strict";
// Search, sort, copy and colours. The page can be read without any of it.

const announce = (text) => { document.getElementById("announcement").textContent = text; };
const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

// Search: rows that have every word stay. What was open before is open again afterwards.
const search = document.getElementById("search");
const rows = [...document.querySelectorAll("[data-searched]")];
const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
const groups = [...document.querySelectorAll("[data-group]")];
let openBefore = null;

function applySearch() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length && !openBefore) openBefore = new Map(groups.map((group) => [group, group.open]));
  let found = 0;
  for (const row of rows) {
    const matches = words.every((word) => texts.get(row).includes(word));
    row.hidden = !matches;
    found += matches ? 1 : 0;
  }
  for (const group of groups) {
    const matches = group.querySelector("[data-searched]:not([hidden])") !== null;
    group.hidden = words.length > 0 && !matches;
    group.open = words.length ? matches : (openBefore?.get(group) ?? group.open);
  }
  if (!words.length) openBefore = null;
  document.getElementById("found").textContent =
    words.length ? (found ? `${count(found, "row")} found` : "Nothing found") : "";
}
search.addEventListener("input", applySearch);

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input[type=search], textarea");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    search.focus();
  } else if (event.key === "Escape" && (isTyping || search.value)) {
    search.value = "";
    applySearch();
  }
});

// Sort: by number if every filled cell of the column is one, else by text. Empty cells come last.
const NOTHING = ["", "\u2013"];

function readCell(row, place) {
  const cell = row.cells[place];
  return cell.dataset.value ?? cell.textContent.trim();
}

function sortBy(header) {
  const table = header.closest("table");
  const place = header.cellIndex;
  const isDown = header.getAttribute("aria-sort") === "ascending"
    || (!header.hasAttribute("aria-sort") && header.classList.contains("number"));
  const cells = [...table.tBodies[0].rows].map((row) => ({ row, text: readCell(row, place) }));
  const filled = cells.filter((cell) => !NOTHING.includes(cell.text));
  const asNumber = (text) => Number(text.replaceAll(",", ""));
  const areNumbers = filled.every((cell) => !Number.isNaN(asNumber(cell.text)));
  const compare = areNumbers
    ? (a, b) => asNumber(a.text) - asNumber(b.text)
    : (a, b) => a.text.localeCompare(b.text, "en");
  filled.sort((a, b) => (isDown ? compare(b, a) : compare(a, b)));
  const empty = cells.filter((cell) => NOTHING.includes(cell.text));
  table.tBodies[0].append(...[...filled, ...empty].map((cell) => cell.row));
  for (const other of header.parentElement.cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", isDown ? "descending" : "ascending");
  announce(`Sorted by ${header.textContent.trim()}, ${isDown ? "descending" : "ascending"}`);
}
for (const button of document.querySelectorAll(".sorts")) {
  button.addEventListener("click", () => sortBy(button.closest("th")));
}

// Copy. Without a clipboard the text is selected, so that Ctrl-C copies it.
async function copyFrom(button) {
  const code = document.getElementById(button.dataset.copies);
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.firstChild.data = "Copied";
    announce("Copied");
  } catch {
    getSelection().selectAllChildren(code);
    button.firstChild.data = "Press Ctrl+C";
    announce("Selected. Press Ctrl+C to copy");
  }
  setTimeout(() => { button.firstChild.data = "Copy"; }, 2000);
}
for (const button of document.querySelectorAll(".copy")) {
  button.addEventListener("click", () => copyFrom(button));
}

// Colours. Where nothing can be stored, the choice counts until the page is closed.
function recall() {
  try { return localStorage.getItem("matterhouse-theme"); } catch { return null; }
}
function choose(theme) {
  document.documentElement.dataset.theme = theme;
  try { localStorage.setItem("matterhouse-theme", theme); } catch { /* It is not kept. */ }
}
const kept = recall();
for (const radio of document.querySelectorAll("[name=theme]")) {
  if (radio.value === kept) {
    radio.checked = true;
    choose(kept);
  }
  radio.addEventListener("change", () => choose(radio.value));
}

// A link to a table opens it.
function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.matches("details")) target.open = true;
}
addEventListener("hashchange", openTarget);
openTarget();

// The part of the page that is being read is marked in the list of parts.
const links = new Map(
  [...document.querySelectorAll("nav > ul > li > a")].map((link) => [link.hash.slice(1), link]),
);
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    for (const link of links.values()) link.removeAttribute("aria-current");
    links.get(entry.target.id)?.setAttribute("aria-current", "true");
  }
}, { rootMargin: "-20% 0px -75% 0px" });
for (const section of document.querySelectorAll("main > section")) watcher.observe(section);

// On paper nothing can be opened.
addEventListener("beforeprint", () => {
  for (const each of document.querySelectorAll("details")) each.open = true;
});
