// Joins the modules of the gateway into few files after an install: a start from them takes half the time and two thirds of the memory.
// JavaScript, because the Node of the machine may run it, which can be too old for TypeScript.
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { BUNDLE, MANIFEST, stampOf } from "./src/bundled.js";

const ROOT = fileURLToPath(new URL(".", import.meta.url));
const FOLDER = fileURLToPath(new URL(".", BUNDLE));

/** Modules in files of their own for threads: `new URL("./worker.ts", import.meta.url)`. */
const THREAD = /new URL\(\s*"(\.\/[\w-]+\.ts)",\s*import\.meta\.url,?\s*\)/g;

/** Keeps URLs relative to a module what they are relative to its source, and gives threads files of their own. */
const urls = {
  name: "urls",
  async transform(code, id) {
    if (id.endsWith("graphql-in-production.ts")) return ""; // graphql is bundled as it is in production
    if (!isOwn(id) || !code.includes("import.meta.url")) return null;
    const threads = [];
    for (const [whole, path] of code.matchAll(THREAD)) {
      const { id: thread } = await this.resolve(path, id);
      const file = this.emitFile({ type: "chunk", id: thread });
      threads.push([whole, `new URL(import.meta.ROLLUP_FILE_URL_${file})`]);
    }
    const source = JSON.stringify(relative(FOLDER, id).split(sep).join("/"));
    const rest = threads.reduce((text, [whole, url]) => text.replace(whole, url), code);
    return rest.replaceAll(/import\.meta\.url\b/g, `new URL(${source}, import.meta.url).href`);
  },
};

function isOwn(id) {
  return id.startsWith(ROOT) && !id.includes("node_modules");
}

/** @param {typeof import("rolldown")} rolldown */
async function bundle({ rolldown }) {
  rmSync(FOLDER, { recursive: true, force: true });
  const build = await rolldown({
    input: { main: `${ROOT}src/main.ts` },
    platform: "node",
    cwd: ROOT,
    plugins: [urls],
    // Piscina starts one of its files in a thread.
    external: ["piscina"],
    transform: { define: { "process.env.NODE_ENV": '"production"' } },
    onLog: () => {},
  });
  const { output } = await build.write({ dir: FOLDER, format: "esm", keepNames: true });
  await build.close();
  const modules = output.flatMap(({ moduleIds = [] }) => moduleIds);
  const files = [
    ...modules.filter(isOwn).map((id) => relative(ROOT, id).split(sep).join("/")),
    "package-lock.json",
  ];
  writeFileSync(MANIFEST, JSON.stringify(Object.fromEntries(files.map((file) => [file, stampOf(file)]))));
}

/** Compiles the bundle for its first start; a Node that is too old for it says so at that. */
function compile() {
  spawnSync(process.execPath, ["gateway.js", "--help"], { cwd: ROOT, stdio: "ignore" });
}

try {
  await bundle(await import("rolldown"));
  compile();
} catch (fault) {
  rmSync(FOLDER, { recursive: true, force: true });
  process.stderr.write(`The gateway starts from its sources: they could not be joined (${fault.message}).\n`);
}
