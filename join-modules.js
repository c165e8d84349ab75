// JavaScript, because the Node of the machine may run it, which can be too old for TypeScript.
import { rmSync } from "node:fs";
import { isAbsolute, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const ROOT = fileURLToPath(new URL(".", import.meta.url));

/** Modules in files of their own for threads: `new URL("./worker.ts", import.meta.url)`. */
const THREAD = /new URL\(\s*"(\.\/[\w-]+\.ts)",\s*import\.meta\.url,?\s*\)/g;

/** Keeps URLs relative to a module what they are relative to its source, and gives threads files of their own. */
const urlsIn = (folder) => ({
  name: "urls",
  async transform(code, id) {
    if (!isOwn(id) || !code.includes("import.meta.url")) return null;
    const threads = [];
    for (const [whole, path] of code.matchAll(THREAD)) {
      const { id: thread } = await this.resolve(path, id);
      const file = this.emitFile({ type: "chunk", id: thread });
      threads.push([whole, `new URL(import.meta.ROLLUP_FILE_URL_${file})`]);
    }
    const source = JSON.stringify(relative(folder, id).split(sep).join("/"));
    const rest = threads.reduce((text, [whole, url]) => text.replace(whole, url), code);
    return rest.replaceAll(/import\.meta\.url\b/g, `new URL(${source}, import.meta.url).href`);
  },
});

/** Packages are included, so that graphql is as it is in production without a change of the operator's NODE_ENV. */
const WITH_PACKAGES = {
  plugins: [
    {
      name: "production",
      transform: (_code, id) => (id.endsWith("graphql-in-production.ts") ? "" : null),
    },
  ],
  // Piscina starts one of its files in a thread.
  external: ["piscina"],
  transform: { define: { "process.env.NODE_ENV": '"production"' } },
};

const WITHOUT_PACKAGES = {
  plugins: [],
  external: (id) => !id.startsWith(".") && !id.startsWith("\0") && !isAbsolute(id),
};

function isOwn(id) {
  return id.startsWith(ROOT) && !id.includes("node_modules");
}

/**
 * Joins the modules that `input` names into few files in `folder`, a folder two below the project. Returns the paths of the sources
 * in the project.
 *
 * @param {{ input: Record<string, string>, folder: string, packages: "included" | "apart" }} options
 */
export async function joinModules({ input, folder, packages }) {
  const { plugins, ...options } = packages === "included" ? WITH_PACKAGES : WITHOUT_PACKAGES;
  rmSync(folder, { recursive: true, force: true });
  const build = await rolldown({
    input,
    platform: "node",
    cwd: ROOT,
    plugins: [...plugins, urlsIn(folder)],
    ...options,
    onLog: () => {},
  });
  const { output } = await build.write({ dir: folder, format: "esm", keepNames: true });
  await build.close();
  const modules = output.flatMap(({ moduleIds = [] }) => moduleIds);
  return modules.filter(isOwn).map((id) => relative(ROOT, id).split(sep).join("/"));
}
