// Runs a script of the user's with the load that the scenario says. `SCRIPT` is put in by `script.py`.
import exec from "k6/execution";
import { Trend } from "k6/metrics";
import * as own from SCRIPT;
export * from SCRIPT;

const plan = JSON.parse(open(__ENV.PERFREG_PLAN));
const begun = new Trend("perfreg_begun");
const { vus, duration, iterations, stages, scenarios, thresholds, ...kept } = own.options || {};

if (typeof own.default !== "function") throw new Error("the script has no default function");

const blacklistIPs = [...(kept.blacklistIPs || []), ...plan.options.blacklistIPs];
export const options = { ...kept, ...plan.options, blacklistIPs };

export default function (data) {
  const number = exec.scenario.iterationInTest;
  exec.vu.metrics.metadata.perfreg = `${exec.vu.idInTest}.${number}`;
  if (number === 0) begun.add(exec.scenario.startTime);
  return own.default(data);
}
