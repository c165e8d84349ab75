import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endAll } from "../test/process.ts";
import { benchCommand, type Flags, SUBJECTS } from "./command.ts";
import { describeMachine, loadAverage, pinThisProcess } from "./machine.ts";
import { markdownOf, type Table } from "./table.ts";

const { only, seconds, questions, json, save } = benchCommand().parse().opts<Flags>();

const folder = mkdtempSync(join(tmpdir(), "bench-"));
process.on("exit", () => {
  endAll();
  rmSync(folder, { recursive: true, force: true });
});
process.once("SIGINT", () => process.exit(130));

pinThisProcess();
const texts: string[] = [];
const tables: Table[] = [];
function print(text: string): void {
  texts.push(text);
  process.stdout.write(`${text}\n`);
}

print(`${describeMachine()}; ${seconds} s each.\n`);
for (const name of only) {
  const before = loadAverage();
  for await (const table of SUBJECTS[name]?.({ seconds, folder, questions }) ?? []) {
    tables.push(table);
    print(markdownOf(table));
  }
  print(`Load average of the machine before and after \`${name}\`: ${before}, ${loadAverage()}.\n`);
}
if (json !== undefined)
  writeFileSync(json, `${JSON.stringify({ machine: describeMachine(), seconds, tables }, null, 2)}\n`);
if (save && only.join() === "library")
  writeFileSync(new URL("library.md", import.meta.url), `${texts.join("\n")}\n`);
else if (save) saveRun(texts, tables);
process.exit(0);

function saveRun(texts: readonly string[], tables: readonly Table[]): void {
  const readme = new URL("README.md", import.meta.url);
  const [head = "", rest = ""] = readFileSync(readme, "utf8").split(/(?<=<!-- run -->\n)/);
  const tail = rest.slice(rest.indexOf("<!-- /run -->"));
  writeFileSync(readme, `${head}\n${texts.join("\n")}\n${tail}`);
  const baseline = new URL("baseline.json", import.meta.url);
  const ratios = Object.fromEntries(
    tables.flatMap(({ ratios = [] }) =>
      ratios.map(({ name, value }) => [name, Number(value.toPrecision(3))]),
    ),
  );
  writeFileSync(baseline, `${JSON.stringify(ratios, null, 2)}\n`);
}
