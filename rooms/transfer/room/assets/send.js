// Sends files while the form is filled in: piece by piece (tus 1.0), so that a
// cut connection or a reload goes on where it was. Files are chosen, dropped or
// pasted. Without this script the form sends them itself.

const TUS = "1.0.0";
const PLACE = "/api/v1/uploads";
// Bytes of one call: what a slow line sends well within a connection's life.
const CALL_BYTES = 32 * 1024 * 1024;
const AT_ONCE = 2;
const WAITS_MS = [1000, 2000, 4000, 8000, 15000, 30000];
const MEMORY = "sekisho-uploads";

const form = document.querySelector("form[data-island='send']");
const part = (name) => form.querySelector(`[data-part='${name}']`);
const words = form ? JSON.parse(form.dataset.words) : {};
const say = (key, values = {}) =>
  Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, value), words[key]);

const size = (bytes) => {
  const units = ["B", "KB", "MB", "GB"];
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
};

// Remembered by this tab only, until it is closed: which file went to which upload.
const remembered = () => {
  try {
    return JSON.parse(sessionStorage.getItem(MEMORY)) ?? {};
  } catch {
    return {};
  }
};
const remember = (key, id) => {
  const all = remembered();
  if (id) all[key] = id;
  else delete all[key];
  try {
    sessionStorage.setItem(MEMORY, JSON.stringify(all));
  } catch {
    // A full or forbidden memory costs only the way back after a reload.
  }
};

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

class Stop extends Error {}

const headers = (more = {}) => ({
  "Tus-Resumable": TUS,
  "X-CSRF-Token": form.elements.csrf.value,
  Accept: "application/json",
  ...more,
});

// Throws `Stop` with the reason in words where trying again would not help.
const refuse = async (status, body) => {
  if (status === 401) throw new Stop(words["signed-out"]);
  const again = status === 0 || status === 409 || status === 423 || status === 429 || status >= 500;
  if (again && status !== 507) throw new Error(String(status));
  let problem = {};
  try {
    problem = JSON.parse(await body);
  } catch {
    // The status alone must do.
  }
  throw new Stop(problem.errors?.[0]?.detail ?? problem.detail ?? String(status));
};

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

const create = async (item) => {
  const said = { "Upload-Length": String(item.file.size), "Upload-Metadata": `filename ${base64(item.name)}` };
  const answer = await fetch(PLACE, { method: "POST", headers: headers(said) });
  if (answer.status !== 201) await refuse(answer.status, answer.text());
  const upload = await answer.json();
  return { id: upload.id, offset: upload.offset };
};

// How far an upload is; nothing if it is no longer there.
const ask = async (id) => {
  const answer = await fetch(`${PLACE}/${id}`, { method: "HEAD", headers: headers() });
  if (answer.status === 404) return null;
  if (!answer.ok) await refuse(answer.status, "");
  return Number(answer.headers.get("Upload-Offset"));
};

// `XMLHttpRequest`, since `fetch` does not tell how much has gone.
const patch = (item, end) =>
  new Promise((done, failed) => {
    const call = new XMLHttpRequest();
    item.call = call;
    call.open("PATCH", `${PLACE}/${item.id}`);
    const said = { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(item.offset) };
    for (const [name, value] of Object.entries(headers(said))) call.setRequestHeader(name, value);
    call.upload.addEventListener("progress", (event) => item.show(item.offset + event.loaded));
    call.upload.addEventListener("load", () => {
      if (end === item.file.size) item.tell(words.joining);
    });
    call.addEventListener("loadend", () => {
      item.call = null;
      if (call.status === 204) done(Number(call.getResponseHeader("Upload-Offset")));
      else refuse(call.status, call.responseText).catch(failed);
    });
    call.send(item.file.slice(item.offset, end));
  });

const items = [];
let is_waiting = false;

class Item {
  constructor(file, path) {
    this.file = file;
    // With its folders, as the receiver sees it.
    this.name = path || (file?.name ?? "");
    this.key = file ? `${path}|${file.size}|${file.lastModified}` : "";
    this.state = "waiting";
    this.offset = 0;
    this.row = document.createElement("li");
    this.row.className = "queue-row";
    this.label = document.createElement("span");
    this.label.className = "queue-name";
    this.label.textContent = path || this.name;
    this.bar = document.createElement("progress");
    this.bar.max = Math.max(file?.size ?? 1, 1);
    this.bar.value = 0;
    this.bar.setAttribute("aria-label", this.label.textContent);
    this.text = document.createElement("span");
    this.text.className = "queue-state";
    this.buttons = document.createElement("span");
    this.buttons.className = "queue-buttons";
    this.row.append(this.label, this.bar, this.text, this.buttons);
    this.addButton("remove", () => remove(this));
    this.tell(words.waiting);
  }

  addButton(word, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-second";
    button.textContent = words[word];
    button.setAttribute("aria-label", say(`${word}-this`, { name: this.label.textContent }));
    button.addEventListener("click", act);
    this.buttons.prepend(button);
    return button;
  }

  tell(text) {
    this.text.textContent = text;
  }

  show(here) {
    this.bar.value = here;
    this.tell(`${size(here)} / ${size(this.file.size)} ${words.sending}`);
  }

  finish() {
    this.state = "done";
    this.bar.remove();
    this.tell(`${size(this.file?.size ?? this.offset)} ${words.done}`);
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = "uploads";
    field.value = this.id;
    this.row.dataset.upload = this.id;
    this.row.append(field);
  }

  fail(why) {
    this.state = "failed";
    this.row.classList.add("queue-wrong");
    this.tell(why);
    const button = this.addButton("retry", () => {
      button.remove();
      this.row.classList.remove("queue-wrong");
      this.state = "waiting";
      this.tell(words.waiting);
      pump();
    });
  }
}

const announce = (key, values) => {
  part("said").textContent = say(key, values);
};

// Goes on with what is there already, or begins.
const begin = async (item) => {
  const known = item.id ?? remembered()[item.key];
  const offset = known ? await ask(known) : null;
  if (offset !== null && offset <= item.file.size) [item.id, item.offset] = [known, offset];
  else Object.assign(item, await create(item));
  remember(item.key, item.id);
};

const send = async (item) => {
  let tries = 0;
  for (;;) {
    const before = item.offset;
    try {
      await begin(item);
      while (item.offset < item.file.size && item.state === "sending") {
        item.show(item.offset);
        item.offset = await patch(item, Math.min(item.offset + CALL_BYTES, item.file.size));
        tries = 0;
      }
      return;
    } catch (error) {
      if (error instanceof Stop || item.state !== "sending") throw error;
      if (item.offset > before) tries = 0;
      if (tries === WAITS_MS.length) throw new Stop(words.retrying);
      item.tell(words.retrying);
      await pause(WAITS_MS[tries]);
      tries += 1;
    }
  }
};

const run = async (item) => {
  item.state = "sending";
  try {
    await send(item);
    if (item.state !== "sending") return;
    item.finish();
    announce("said-done", { name: item.name });
  } catch (error) {
    if (item.state !== "sending") return;
    item.fail(error instanceof Stop ? error.message : String(error));
    announce("said-failed", { name: item.name });
  }
};

const pump = async () => {
  const running = items.filter((item) => item.state === "sending").length;
  const next = items.filter((item) => item.state === "waiting").slice(0, AT_ONCE - running);
  for (const item of next) run(item).then(pump);
  const is_over = items.every((item) => item.state === "done");
  if (is_waiting && is_over) go();
};

const remove = async (item) => {
  const place = items.indexOf(item);
  items.splice(place, 1);
  item.state = "removed";
  item.call?.abort();
  item.row.remove();
  remember(item.key, null);
  announce("said-removed", { name: item.name });
  const next = items[Math.min(place, items.length - 1)];
  (next?.buttons.querySelector("button") ?? form.elements.files).focus();
  if (item.id) await fetch(`${PLACE}/${item.id}`, { method: "DELETE", headers: headers() }).catch(() => {});
  pump();
};

const add = (files) => {
  let count = 0;
  for (const { file, path } of files) {
    const item = new Item(file, path);
    const twin = items.findIndex((other) => other.key === item.key && other.state !== "done");
    if (items.some((other) => other.key === item.key && other.state !== "interrupted")) continue;
    if (twin >= 0) {
      items[twin].row.replaceWith(item.row);
      items[twin] = item;
    } else {
      items.push(item);
      part("queue").append(item.row);
    }
    count += 1;
    if (file.size > Number(form.dataset.bytesMax)) item.fail(words["too-large"]);
    else if (items.length > Number(form.dataset.filesMax)) item.fail(words["too-many"]);
  }
  if (count > 0) announce("said-added", { count });
  pump();
};

// What was dropped, folders with all that is in them.
const dropped = async (transfer) => {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.length === 0) return [...transfer.files].map((file) => ({ file, path: file.name }));
  const all = [];
  const limit = Number(form.dataset.filesMax) + 1;
  const walk = async (entry) => {
    if (all.length >= limit) return;
    if (entry.isFile) {
      const file = await new Promise((done, failed) => entry.file(done, failed));
      all.push({ file, path: entry.fullPath.replace(/^\//, "") });
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((done, failed) => reader.readEntries(done, failed));
      if (some.length === 0) return;
      for (const one of some) await walk(one);
    }
  };
  for (const entry of entries) await walk(entry);
  return all;
};

// A picture from the clipboard has a name that every one has.
const named = (file) => {
  if (file.name !== "image.png") return file;
  const now = new Date();
  const two = (number) => String(number).padStart(2, "0");
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return new File([file], `image-${day}-${time}.png`, { type: file.type, lastModified: file.lastModified });
};

const chosen = (input) => {
  const files = [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
  add(files);
  input.value = "";
};

const go = () => {
  for (const item of items) remember(item.key, null);
  is_waiting = false;
  form.submit();
};

// What this tab sent up before it was reloaded.
const restore = async () => {
  const known = remembered();
  for (const row of form.querySelectorAll("[data-upload]")) {
    const item = new Item(null, row.querySelector(".queue-name").textContent);
    Object.assign(item, { id: row.dataset.upload, state: "done", row, name: item.label.textContent });
    row.append(item.buttons);
    items.push(item);
  }
  if (Object.keys(known).length === 0) return;
  const answer = await fetch(PLACE, { headers: headers() });
  if (!answer.ok) return;
  const { items: open } = await answer.json();
  for (const [key, id] of Object.entries(known)) {
    const upload = open.find((one) => one.id === id);
    if (!upload) remember(key, null);
    if (!upload || items.some((item) => item.id === id || item.key === key)) continue;
    const item = new Item(null, upload.name);
    Object.assign(item, { id, key, name: upload.name, offset: upload.offset });
    items.push(item);
    part("queue").append(item.row);
    if (upload.sha256) {
      item.finish();
    } else {
      item.state = "interrupted";
      item.bar.max = Math.max(upload.bytes, 1);
      item.bar.value = upload.offset;
      item.tell(words.again);
    }
  }
};

const start = () => {
  const input = form.elements.files;
  input.required = false;
  form.querySelector("#files-hint").textContent = words.hint;
  part("more").hidden = false;
  input.addEventListener("change", () => chosen(input));
  part("folder").addEventListener("click", () => {
    const folder = document.createElement("input");
    folder.type = "file";
    folder.webkitdirectory = true;
    folder.addEventListener("change", () => chosen(folder));
    folder.click();
  });
  const carries = (event) => event.dataTransfer?.types.includes("Files");
  const mark = (is_over) => part("drop").classList.toggle("drop-over", is_over);
  // Anywhere on the page: a file that misses the box must not replace the page.
  document.addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    mark(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) mark(false);
  });
  document.addEventListener("drop", async (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    mark(false);
    add(await dropped(event.dataTransfer));
  });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    const is_text = event.clipboardData?.types.includes("text/plain");
    if (files.length === 0 || is_text) return;
    event.preventDefault();
    add(files.map(named).map((file) => ({ file, path: file.name })));
  });
  form.addEventListener("submit", (event) => {
    if (items.length === 0) return;
    event.preventDefault();
    const wrong = items.find((item) => item.state === "failed" || item.state === "interrupted");
    if (wrong) {
      announce("said-failed", { name: wrong.name });
      wrong.buttons.querySelector("button").focus();
      return;
    }
    is_waiting = true;
    if (items.some((item) => item.state !== "done")) announce("said-all");
    pump();
  });
  window.addEventListener("beforeunload", (event) => {
    if (items.some((item) => item.state === "sending")) event.preventDefault();
  });
  restore();
};

if (form) start();
