// Builds what the package has and the project does not: JavaScript and types, in dist/package. Runs before `npm pack`.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isolatedDeclarationSync, transformSync } from "rolldown/experimental";
import { joinModules } from "./join-modules.js";

const ROOT = fileURLToPath(new URL(".", import.meta.url));
const FOLDER = join(ROOT, "dist/package");

/** Imports of other modules of the project, in JavaScript and in declarations. */
const IMPORT = /(?<=\b(?:from|import) ?\(?["'])(\.[^"']+)\.ts(?=["'])/g;

/** A package that is needed for a type alone is not one that the gateway depends on. */
const DOCUMENT_TYPE = /import type \{ TypedDocumentNode as DocumentNode \} from ["'][^"']+["']/;

/** Writes the declarations of a module and of those that it imports, and its JavaScript where that is wanted. */
function write(path, { scripts }, written = new Set()) {
  if (written.has(path)) return;
  written.add(path);
  const source = readFileSync(join(ROOT, path), "utf8").replace(
    DOCUMENT_TYPE,
    'import type { TypedDocument as DocumentNode } from "../../client/typed-document.ts"',
  );
  const outputs = [[".d.ts", isolatedDeclarationSync(path, source, { sourcemap: false })]];
  if (scripts) outputs.push([".js", transformSync(path, source, { target: "es2022", sourcemap: false })]);
  for (const [extension, { code, errors }] of outputs) {
    if (errors.length > 0) throw new Error(`${path}: ${errors[0].message}`);
    const file = join(FOLDER, path.replace(/\.ts$/, extension));
    const text = code.replace(/^import "[^"]+";\n/gm, ""); // no declaration is imported for its effect
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text.replace(IMPORT, "$1.js"));
    for (const [, imported] of text.matchAll(IMPORT))
      write(join(dirname(path), `${imported}.ts`), { scripts }, written);
  }
}

await joinModules({
  input: { main: `${ROOT}src/main.ts`, embedded: `${ROOT}src/embedded.ts` },
  folder: FOLDER,
  packages: "apart",
});
write("src/embedded.ts", { scripts: false });
write("client/index.ts", { scripts: true });
for (const folder of ["client", "schema"]) // a bundler leaves out what a page does not use
  writeFileSync(join(FOLDER, folder, "package.json"), '{ "type": "module", "sideEffects": false }\n');
