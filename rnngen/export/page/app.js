// The page around the model: what its controls do, and where its text goes.

const SLICE = 12; // milliseconds of work before the page gets its turn
const element = (id) => document.getElementById(id);

// One message for each pause: a timer would be slowed down to four milliseconds.
const { port1, port2 } = new MessageChannel();
const waiting = [];
port1.onmessage = () => waiting.shift()();

function pause() {
  return new Promise((resolve) => {
    waiting.push(resolve);
    port2.postMessage(null);
  });
}

/** Run a generator in slices; `onSlice` gets the values of each. Returns what the generator does. */
async function inSlices(generator, onSlice = () => {}, isWanted = () => true) {
  for (;;) {
    const values = [];
    for (const until = performance.now() + SLICE; performance.now() < until; ) {
      const { done, value } = generator.next();
      if (done) {
        onSlice(values);
        return value;
      }
      values.push(value);
    }
    onSlice(values);
    await pause();
    if (!isWanted()) return "stopped";
  }
}

const FAILED = {
  opening: "No haiku begins so. Use words that the model knows, as letters, spaces and commas.",
  none: "No draft was a haiku. Try again, or another opening.",
};
let context = null; // the model, once it is loaded
let form = null; // what a haiku is, if the model knows words
let current = null; // what is being written; another object for each text

function say(message) {
  element("status").textContent = message;
}

function setRunning(isRunning) {
  element("stop").setAttribute("aria-disabled", String(!isRunning));
  element("text").setAttribute("aria-busy", String(isRunning));
}

/** What the controls say. Without a seed, a new one. */
function readSettings() {
  const seed = element("seed").value.trim();
  const isSeed = /^[0-9]{1,19}$/.test(seed);
  return {
    opening: element("opening").value,
    temperature: Number(element("temperature").value),
    topP: Number(element("top-p").value),
    length: Number(element("length").value),
    seed: isSeed ? BigInt(seed) : BigInt(crypto.getRandomValues(new Uint32Array(1))[0]),
  };
}

/** Show what a generator of text writes after `given`; `steps` as `write` has them. */
async function show(given, steps, describe) {
  const own = (current = {});
  const started = performance.now();
  const written = document.createTextNode("");
  element("given").textContent = given;
  element("written").replaceChildren(written);
  element("finished").textContent = "";
  setRunning(true);
  say("Writing.");
  const isWanted = () => current === own;
  const reason = await inSlices(steps, (pieces) => written.appendData(pieces.join("")), isWanted);
  if (current !== own && current !== null) return; // another text has begun
  current = null;
  if (reason === "length") written.data = trimUnfinished(written.data);
  const seconds = (performance.now() - started) / 1000;
  setRunning(false);
  element("copy").setAttribute("aria-disabled", "false");
  element("finished").textContent = given + written.data;
  say(describe(reason, [...written.data].length, seconds));
}

/** Begin a text: free, or a haiku. */
function startText(stepsOf) {
  if (context === null) {
    say("The model is still loading.");
    return;
  }
  const settings = readSettings();
  const describe = (reason, count, seconds) => {
    if (reason in FAILED) return FAILED[reason];
    const how = reason === "stopped" ? "Stopped" : "Done";
    return `${how}: ${count} characters in ${seconds.toFixed(1)} s. Seed ${settings.seed}.`;
  };
  show(normalized(settings.opening), stepsOf(settings), describe).catch(fail);
}

const writeFree = () => startText((settings) => write(context, settings));
const writeForm = () => startText((settings) => writeHaiku(context, form, settings));

function stop() {
  current = null; // the loop sees it after its slice
}

async function copy() {
  const text = element("text").textContent;
  if (!text) return;
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch {
    getSelection().selectAllChildren(element("text"));
    say("The text is selected. Copy it with your keyboard.");
  }
}

/** Say which characters of the opening the model has never seen. */
function showUnseen() {
  const unseen = context.tokenizer.unseen(normalized(element("opening").value));
  const shown = unseen.slice(0, 10).map((character) => JSON.stringify(character));
  element("unseen").textContent = unseen.length ? `The model has never seen ${shown.join(", ")}.` : "";
}

function describeModel({ config, facts }) {
  const names = facts.names.length ? `, trained on ${facts.names.join(", ")}` : "";
  const layers = `${config.num_layers} × ${config.hidden_size}`;
  const weights = facts.weights.toLocaleString("en");
  element("about").textContent = `${config.cell.toUpperCase()} of ${layers} units, ${weights} weights${names}.`;
}

function fail(error) {
  setRunning(false);
  current = null;
  say(`The page cannot run its model: ${error.message}.`);
}

/** The blocks of numbers, one by one. They leave the page: together they are as large as it is. */
function* takeNumbers() {
  for (const block of document.querySelectorAll(".numbers")) {
    yield block.textContent;
    block.remove();
  }
}

async function start() {
  await pause(); // the page has just been read, which was work, too
  const settings = JSON.parse(element("settings").textContent);
  describeModel(settings);
  const buffer = await bytesOf(takeNumbers(), settings.size, pause);
  const loaded = await inSlices(load(settings, buffer));
  form = await inSlices(haikuForm(settings, loaded));
  context = loaded;
  element("haiku").hidden = form === null;
  element("opening").addEventListener("input", showUnseen);
  showUnseen();
  say("Ready.");
}

for (const slider of document.querySelectorAll("input[type=range]")) {
  const output = document.querySelector(`output[for=${slider.id}]`);
  const follow = () => (output.value = slider.value);
  slider.addEventListener("input", follow);
  follow();
}
element("form").addEventListener("submit", (event) => {
  event.preventDefault();
  writeFree();
});
element("haiku").addEventListener("click", writeForm);
element("stop").addEventListener("click", stop);
element("copy").addEventListener("click", copy);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") stop();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) element("form").requestSubmit();
});
start().catch(fail);
