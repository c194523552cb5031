// Starts the program of a page and keeps it alive on a page that others change. Phones turn numbers in the text into
// links, password managers insert elements beside fields, translators replace texts by elements, and extensions insert
// elements anywhere. The server writes this script into every page as the last element of the body (`document.rs`), so
// that it sees all changes that are made after the page was parsed.
//
// `globalThis.snapdrop` is what the program calls (`browser/system/painted.rs`).

const { script, wasm, modules } = BUNDLE;

/** What the server painted, without this script: the children of the body. */
const painted = [...document.body.childNodes].filter((node) => node !== document.currentScript && node.id !== 'stopped');
/** Whether parts of the page still wait to be hydrated. */
let waking = true;
/** Whether a second instance of the program has been started. */
let again = false;
/** The parts whose markup somebody has changed before they were hydrated. The body stands for what is in no part. */
const changed = new Set();
/** For each text that somebody has taken off the page: the element that took its place. */
const substitutes = new WeakMap();

/** The part that a change lies in. Undefined for what was added to the body later: the parser itself adds the page's data. */
const partOf = (node) => {
  const part = (node instanceof Element ? node : node.parentElement)?.closest('[data-part]');
  return part ?? (painted.some((root) => root.contains(node)) ? document.body : undefined);
};

// A program that writes into a text which a translator has replaced would write into nothing. The text is therefore put
// back as soon as the program changes it; the translator then translates it again.
const follow = ({ type, target, removedNodes, addedNodes, previousSibling, nextSibling }) => {
  if (type === 'characterData') {
    const substitute = substitutes.get(target);
    if (substitute?.isConnected && !target.isConnected) substitute.replaceWith(target);
    return;
  }
  const beside = [previousSibling, nextSibling].filter((node) => node?.nodeName === 'FONT');
  const substitute = [...addedNodes, ...beside].find((node) => node instanceof Element);
  if (substitute === undefined) return;
  for (const text of removedNodes) {
    if (!(text instanceof Text) || text.isConnected) continue;
    substitutes.set(text, substitute);
    observer.observe(text, { characterData: true });
  }
};
// What is added at the end of the body is in nobody's way.
const isAtTheEnd = ({ removedNodes, nextSibling }) => removedNodes.length === 0 && nextSibling === null;
const placeOf = (record) => {
  if (record.target !== document.body) return partOf(record.target);
  return isAtTheEnd(record) ? undefined : document.body;
};
const note = (records) => {
  for (const record of records) {
    if (waking) changed.add(placeOf(record));
    follow(record);
  }
};
const observer = new MutationObserver(note);
observer.observe(document.body, { subtree: true, childList: true, characterData: true });

// What the person does with a part of the page before it is alive is done again when it is: each press once, and the last
// value of each field. What works without the program, such as a link, is left to the browser.
const WORKS_BY_ITSELF = 'a, label, input, textarea, select, summary, button:not([type="button"])';
const NEEDS_PROGRAM = '.script-only, .script-only *';
/** The parts that are alive. The body stands for what is in no part. */
let alive = new WeakSet();
/** For each element that the person has used too early: what does the same again. */
const early = new Map();
const isAwake = (element) => {
  const part = partOf(element);
  return part === undefined || alive.has(part);
};
/** After so many milliseconds nobody expects any more that a press does something. */
const EXPECTED_MS = 10_000;
const AGAIN = {
  click: ({ timeStamp }) => (element) => {
    element.ariaBusy = null;
    if (performance.now() - timeStamp < EXPECTED_MS) element.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
  },
  submit: ({ submitter, timeStamp, target }) => (form) => {
    if (submitter) submitter.ariaBusy = null;
    for (const field of target.elements) field.readOnly = false;
    if (performance.now() - timeStamp < EXPECTED_MS) form.requestSubmit();
  },
  input: ({ target: { value } }) => (field) => {
    field.value = value;
    for (const type of ['input', 'change']) field.dispatchEvent(new Event(type, { bubbles: true }));
  },
};
const remember = (event) => {
  const { type, target } = event;
  if (!waking || !(target instanceof Element) || isAwake(target)) return;
  if (type === 'click' ? target.closest(WORKS_BY_ITSELF) : !target.matches(NEEDS_PROGRAM)) return;
  // Picked files stay in their field, where the program looks for them.
  if (target.type === 'file') return;
  if (type === 'submit') {
    event.preventDefault();
    // What stands in the form now is what is sent.
    for (const field of target.elements) field.readOnly = true;
  }
  const button = type === 'click' ? target.closest('button') : event.submitter;
  if (button) button.ariaBusy = 'true';
  early.set((type === 'click' && button) || target, AGAIN[type](event));
};
for (const type of Object.keys(AGAIN)) document.addEventListener(type, remember, true);
const doAgain = () => {
  for (const [element, again] of early) {
    if (!isAwake(element)) continue;
    early.delete(element);
    again(element);
  }
};

const FIELDS = 'input, textarea, select, details, button, form';
const kindOf = ({ tagName, type, name, id, className }) => [tagName, type, name, id, className].join(' ');
const fieldsOf = (nodes) => {
  const roots = nodes.filter((node) => node instanceof Element);
  const fields = roots.flatMap((root) => [...(root.matches(FIELDS) ? [root] : []), ...root.querySelectorAll(FIELDS)]);
  const byKind = new Map();
  for (const field of fields) byKind.set(kindOf(field), [...(byKind.get(kindOf(field)) ?? []), field]);
  return byKind;
};

/** Gives drawn elements what the person has typed, picked, unfolded, pressed and focused in those that they replace. */
const keep = (old, drawn) => {
  const now = fieldsOf(drawn);
  for (const [kind, fields] of fieldsOf(old)) {
    fields.forEach((field, at) => {
      const other = now.get(kind)?.[at];
      if (other === undefined) return;
      if (early.has(field)) early.set(other, early.get(field));
      if (field.tagName === 'DETAILS') other.open = field.open;
      else if (field.type === 'file') other.files = field.files;
      else if (field.value !== other.value) other.value = field.value;
      if (field !== document.activeElement) return;
      other.focus();
      if (typeof field.selectionStart === 'number') other.setSelectionRange(field.selectionStart, field.selectionEnd);
    });
  }
};
const replace = (old, drawn) => {
  const { scrollX, scrollY } = globalThis;
  keep(old, drawn);
  old.forEach((node) => node.remove());
  scrollTo(scrollX, scrollY);
};

/** Says that the page has stopped, and offers to load it again. */
const stop = () => {
  document.getElementById('stopped').hidden = false;
};
document.querySelector('#stopped button').addEventListener('click', () => location.reload());

const start = (script) =>
  import(script)
    .then((program) => program.default({ module_or_path: wasm }).then(() => setTimeout(program.hydrate)))
    .catch(stop);

// A program that fails while the page comes to life has met a page that it does not know. A second instance draws the
// whole page. It has to come from another address, because a module is run only once.
const failed = (error) => {
  if (!(error instanceof WebAssembly.RuntimeError)) return;
  if (!waking || again) return stop();
  again = true;
  alive = new WeakSet();
  changed.add(document.body);
  start(script.replace(/\/pkg\/(?=[^/]*$)/, '/pkg/again/'));
};
addEventListener('error', ({ error }) => failed(error));
addEventListener('unhandledrejection', ({ reason }) => failed(reason));

globalThis.snapdrop = {
  /** Whether the whole page is alive. */
  get awake() {
    return !waking;
  },
  wasChanged(part) {
    note(observer.takeRecords());
    // The program, which asks, hydrates or draws the part before this task ends.
    alive.add(part);
    queueMicrotask(doAgain);
    return changed.has(part);
  },
  replacePart: (old) => replace([old], [old.previousElementSibling]),
  replacePage: () => replace(painted, [...document.body.children].filter((element) => !painted.includes(element))),
  isAlive() {
    waking = false;
    changed.clear();
  },
  stop,
};

// The program is fetched after the first paint, because fetching it earlier would delay the paint, and the page can be
// read without it. A PerformanceObserver reports the paint itself; an animation frame would come before it. A tab in the
// background is not painted, nor is one that goes there meanwhile, so these do not wait for a paint. `setTimeout` lets
// the browser handle input between starting the program and running it.
const isPainted = new Promise((resolve) => new PerformanceObserver(resolve).observe({ type: 'paint', buffered: true }));
const isHidden = new Promise((resolve) => (document.hidden ? resolve() : document.addEventListener('visibilitychange', resolve, { once: true })));
Promise.race([isPainted, isHidden]).then(() => {
  // What cannot be fetched is reported by `start`.
  for (const module of modules) fetch(module).catch(() => {});
  return start(script);
});
