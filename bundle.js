// Joins the modules of the gateway into few files after an install: a start from them takes half the time and two thirds of the memory.
// JavaScript, because the Node of the machine may run it, which can be too old for TypeScript.
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BUNDLE, MANIFEST, stampOf } from "./src/bundled.js";

const ROOT = fileURLToPath(new URL(".", import.meta.url));
const FOLDER = fileURLToPath(new URL(".", BUNDLE));

async function bundle() {
  const { joinModules } = await import("./join-modules.js");
  const sources = await joinModules({
    input: { main: `${ROOT}src/main.ts` },
    folder: FOLDER,
    packages: "included",
  });
  const stamps = [...sources, "package-lock.json"].map((file) => [file, stampOf(file)]);
  writeFileSync(MANIFEST, JSON.stringify(Object.fromEntries(stamps)));
}

/** Compiles the bundle for its first start; a Node that is too old for it says so at that. */
function compile() {
  spawnSync(process.execPath, ["gateway.js", "--help"], { cwd: ROOT, stdio: "ignore" });
}

try {
  await bundle();
  compile();
} catch (fault) {
  rmSync(FOLDER, { recursive: true, force: true });
  process.stderr.write(`The gateway starts from its sources: they could not be joined (${fault.message}).\n`);
}
