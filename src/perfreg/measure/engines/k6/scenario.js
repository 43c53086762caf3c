// What the users of a scenario do. Every value comes from the JSON files that the environment names: none of them is
// code.
import { sleep } from "k6";
import { SharedArray } from "k6/data";
import exec from "k6/execution";
import http from "k6/http";
import { Trend } from "k6/metrics";

const MAX_LOOKED_AT = 8 * 1024 * 1024;
const FAILED = -1;
const UNLIKELY = -2;

const plan = JSON.parse(open(__ENV.PERFREG_PLAN));
const rows = new SharedArray("rows", () => JSON.parse(open(__ENV.PERFREG_ROWS)));
const begun = new Trend("perfreg_begun");
const answered = new Trend("perfreg_answered");
const steps = plan.steps.map(prepared);
let state = 0;

export const options = plan.options;
http.setResponseCallback(null);

export default function () {
  const number = exec.scenario.iterationInTest;
  exec.vu.metrics.metadata.perfreg = `${exec.vu.idInTest}.${number}`;
  if (number === 0) begun.add(exec.scenario.startTime);
  const end = exec.scenario.startTime + plan.end_ms;
  const values = new Map(rows.length ? Object.entries(rows[number % rows.length]) : []);
  for (const step of steps) {
    const found = call(step, values);
    answered.add(found);
    if (found < 0) {
      if (plan.pause_s) sleep(plan.pause_s);
      return;
    }
    if (step.think[1] > 0) sleep(Math.max(0, Math.min(pause(step.think), (end - Date.now()) / 1000)));
    if (Date.now() >= end) return;
  }
}

function prepared(step, index) {
  const headers = step.headers.map(([name, parts]) => [name, filler(parts, inHeader)]);
  const params = {
    headers: Object.fromEntries(headers.map(([name, fill]) => [name, fill(null)])),
    redirects: 0,
    responseType: step.looks ? "text" : "binary",
    tags: { name: String(index) },
    timeout: plan.timeout_ms,
  };
  const varies = step.headers.some(([, parts]) => parts.length > 1);
  return {
    ...step,
    url: filler(step.url, inPath),
    body: step.body === null ? () => null : filler(step.body, step.json ? inJson : String),
    params: (values) => {
      const own = varies ? { headers: Object.fromEntries(headers.map(([name, fill]) => [name, fill(values)])) } : {};
      return varies || plan.forgets ? { ...params, ...own, ...(plan.forgets ? { jar: new http.CookieJar() } : {}) } : params;
    },
    accepts: new Set(step.accepts),
    headerChecks: step.checks.headers.map(([name, pattern, flags]) => [name, new RegExp(pattern, flags)]),
    bodyCheck: step.checks.body && new RegExp(...step.checks.body),
    jsonChecks: step.checks.json.map(([path, value]) => [path, canonical(value)]),
  };
}

// The bytes of a good answer, or what is wrong with it.
function call(step, values) {
  const answer = http.request(step.method, step.url(values), step.body(values), step.params(values));
  // Codes of statuses are 1000 more than these; the others tell that there is no whole answer.
  if (answer.error_code && answer.error_code !== 1000 + answer.status) return FAILED;
  if (!step.accepts.has(answer.status)) return FAILED;
  return looksRight(step, answer, values) ? size(step, answer) : UNLIKELY;
}

function size(step, answer) {
  if (step.method === "HEAD" || !answer.body) return 0;
  const claimed = Number(answer.headers["Content-Length"]);
  return claimed > 0 ? claimed : step.looks ? answer.body.length : answer.body.byteLength;
}

function looksRight(step, answer, values) {
  if (step.headerChecks.length) {
    const sent = new Map(Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), value]));
    for (const [name, pattern] of step.headerChecks) if (!pattern.test(sent.get(name) || "")) return false;
  }
  if (!step.looks) return true;
  const body = answer.body || "";
  if (body.length > MAX_LOOKED_AT || (step.bodyCheck && !step.bodyCheck.test(body))) return false;
  return !(step.jsonChecks.length || step.extract.length) || readsRight(step, body, values);
}

function readsRight(step, body, values) {
  let document;
  try {
    document = JSON.parse(body);
  } catch (_) {
    return false;
  }
  for (const [path, expected] of step.jsonChecks) {
    if (!find(document, path).some((each) => canonical(each) === expected)) return false;
  }
  for (const [name, path] of step.extract) {
    const found = find(document, path);
    if (!found.length) return false;
    values.set(name, typeof found[0] === "string" ? found[0] : JSON.stringify(found[0]));
  }
  return true;
}

// A path is a list of lists: names, indices, and null for everything.
function find(document, path) {
  return path.reduce((nodes, selectors) => nodes.flatMap((node) => children(node, selectors)), [document]);
}

function children(node, selectors) {
  if (node === null || typeof node !== "object") return [];
  return selectors.flatMap((selector) => {
    if (selector === null) return Object.values(node);
    if (Array.isArray(node) !== (typeof selector === "number")) return [];
    const key = selector < 0 ? node.length + selector : selector;
    return Object.prototype.hasOwnProperty.call(node, key) ? [node[key]] : [];
  });
}

// The same text for the same value, whatever the order of its keys.
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join()}}`;
}

// Parts are literal texts at even places and names at odd ones.
function filler(parts, escape) {
  if (parts.length === 1) return () => parts[0];
  return (values) =>
    values === null ? "" : parts.map((part, index) => (index % 2 ? escape(values.get(part)) : part)).join("");
}

function inPath(value) {
  return encodeURIComponent(value).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

// A value is data: a line break in it would be another header.
function inHeader(value) {
  return value.replace(/[\x00-\x08\x0a-\x1f\x7f]/g, " ").replace(/^[ \t]+|[ \t]+$/g, "");
}

function inJson(value) {
  return JSON.stringify(value).slice(1, -1);
}

// Random pauses that the seed and the number of the user repeat (a xorshift generator of 32 bits).
function pause([least, most]) {
  if (state === 0) state = (plan.seed ^ Math.imul(exec.vu.idInTest, 0x9e3779b1)) | 1;
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return least + ((most - least) * (state >>> 0)) / 0x100000000;
}
