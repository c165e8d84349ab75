// Builds the pages after an install. JavaScript, because the Node of the machine may run it, which can be too old for TypeScript.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);
const vite = fileURLToPath(new URL("node_modules/vite/bin/vite.js", root));

/** False without optional packages: the bundler's native part is one of them. */
const hasBundler = () =>
  import("rolldown").then(
    () => true,
    () => false,
  );

if (existsSync(vite) && (await hasBundler())) {
  const { status } = spawnSync(process.execPath, [vite, "build", "--logLevel", "warn"], {
    cwd: fileURLToPath(root),
    stdio: "inherit",
    env: { ...process.env, NODE_ENV: "production" }, // which build of React is included depends on it
  });
  process.exitCode = status ?? 1;
} else if (!existsSync(new URL("dist/web/", root))) {
  process.stderr.write(
    "The dashboard is not built, since this install leaves out its build tools. To have it: npm ci --include=dev --include=optional && npm prune --omit=dev\n",
  );
}
