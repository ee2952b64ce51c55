"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const text = document.getElementById("text"), panel = document.getElementById("panel");
const tokens = [...text.querySelectorAll(".t")];
const shown = t => "\u201c" + t.replaceAll("\n", "\u21b5") + "\u201d";
const input = column => column ? shown(data.tokens[column - 1]) : data.start;
const expected = place => place.map(([t, p]) => (t === null ? "the end" : shown(t)) + " " + p + "%").join(", ");
const line = content => {
  const p = document.createElement("p");
  p.textContent = content;
  panel.append(p);
};
function show(i) {
  text.classList.add("seen");
  for (const t of tokens) {
    t.classList.remove("on");
    t.tabIndex = -1;
    t.firstChild.style.background = "";
  }
  tokens[i].classList.add("on");
  tokens[i].tabIndex = 0;
  for (const [column, share] of data.connected[i])
    if (column) tokens[column - 1].firstChild.style.background = `rgb(var(--heat) / ${share / 130})`;
  panel.textContent = "";
  line(`${shown(data.tokens[i])}: ${data.bits[i]} bits`);
  line("Expected: " + expected(data.expected[i]));
  line("Connected most: " + data.effects[i].map(([c, e]) => `${input(c)} ${e > 0 ? "+" : ""}${e} bits`).join(", "));
  if (i + 1 === tokens.length) line("Next: " + expected(data.next));
}
tokens.forEach((t, i) => {
  t.addEventListener("pointerenter", () => show(i));
  t.addEventListener("focus", () => show(i));
  t.addEventListener("click", () => t.focus());
});
text.addEventListener("keydown", event => {
  const last = tokens.length - 1, now = tokens.indexOf(document.activeElement);
  const to = {ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last}[event.key];
  if (to === undefined || now < 0) return;
  event.preventDefault();
  tokens[Math.max(0, Math.min(last, to))].focus();
});
show(tokens.length - 1);
