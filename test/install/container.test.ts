import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, matchesGlob } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { ask, endAll, runCommand, urlIn } from "../process.ts";
import { ENVIRONMENT, ROOT } from "./machine.ts";

/** Where the steps of `deploy/Dockerfile` are run instead of in an image: its folders are below this one. */
let root: string;

interface Image {
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly user: string;
  readonly command: readonly string[];
  readonly healthCheck: readonly string[];
}

let image: Image;

const ignored = readFileSync(join(ROOT, ".dockerignore"), "utf8").trim().split("\n");

/** As `COPY . .` takes them: committed or about to be, and not ignored. */
function contextFiles(): readonly string[] {
  const files = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return files.split("\0").filter((file) => file !== "" && !isIgnored(file));
}

/** The last pattern that matches decides. */
function isIgnored(file: string): boolean {
  const last = ignored.findLast((pattern) => {
    const path = pattern.replace(/^!/, "");
    return matchesGlob(file, path) || matchesGlob(file, `${path}/**`);
  });
  return last !== undefined && !last.startsWith("!");
}

/**
 * The Node of the image is the one that runs these tests; its user and root are those of this machine. `npm` comes with a Node, so it
 * runs on the one it came with: on another its connections hang until they time out, five minutes each.
 */
const PATH = `${dirname(process.execPath)}${delimiter}${ENVIRONMENT.PATH}`;

/** Paths of the image in a command, as paths below `root`. */
function placed(text: string): string {
  return text
    .replaceAll(/(?<![\w.])\/(build|gateway|data)\b/g, `${root}/$1`)
    .replaceAll("-o node -g node", "-o 65534 -g 65534");
}

function build(): Image {
  let folder = root;
  let user = "";
  let environment: Record<string, string> = {};
  let command: readonly string[] = [];
  let healthCheck: readonly string[] = [];
  const lines = readFileSync(join(ROOT, "deploy/Dockerfile"), "utf8").split("\n");
  for (const line of lines.filter((each) => each !== "" && !each.startsWith("#"))) {
    const [, instruction = "", rest = ""] = /^(\w+) (.+)$/.exec(line) ?? [];
    if (instruction === "FROM") environment = {};
    else if (instruction === "WORKDIR") {
      folder = placed(rest);
      mkdirSync(folder, { recursive: true });
    } else if (instruction === "ENV")
      for (const each of rest.split(" "))
        environment[each.split("=")[0] ?? ""] = placed(each.replace(/^\w+=/, ""));
    else if (instruction === "COPY" && rest === ". .")
      for (const file of contextFiles()) cpSync(join(ROOT, file), join(folder, file));
    else if (instruction === "RUN")
      execFileSync("sh", ["-c", placed(rest)], {
        cwd: folder,
        env: {
          PATH: rest.startsWith("npm ") ? ENVIRONMENT.PATH : PATH,
          HOME: ENVIRONMENT.HOME,
          ...environment,
        },
        stdio: "pipe",
      });
    else if (instruction === "USER") user = rest;
    else if (instruction === "CMD") command = JSON.parse(rest);
    else if (instruction === "HEALTHCHECK") healthCheck = JSON.parse(rest.slice(rest.indexOf("[")));
    else expect(["COPY", "VOLUME", "EXPOSE", "STOPSIGNAL"]).toContain(instruction);
  }
  return { environment, folder, user, command, healthCheck };
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "image-"));
  execFileSync("chmod", ["-R", "a+rX", dirname(root)]); // the user of the image looks for its files below
  image = build();
}, 1_200_000);
afterEach(endAll);
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("the image holds the package with its packages, and none of development", () => {
  const names = readdirSync(image.folder).toSorted();
  const { files } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const folders = files.map((file: string) => file.split("/")[0]);
  expect(names).toEqual(
    [
      ...new Set(["LICENSE", "README.md", "gateway.js", "node_modules", "package.json", ...folders]),
    ].toSorted(),
  );
  const packages = readdirSync(join(image.folder, "node_modules"));
  expect(packages).toContain("undici");
  expect(packages.filter((name) => ["vite", "vitest", "react", "typescript", "node"].includes(name))).toEqual(
    [],
  );
});

test("the image starts without root where it can write only its volume, is healthy, and drains on SIGTERM", async () => {
  expect(image.user).toBe("node");
  const unprivileged = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"];
  const environment = { ...image.environment, PATH, HOME: "/nonexistent", SANDBOX_USERS: "20", PORT: "0" };
  const gateway = runCommand([...unprivileged, ...image.command], environment, image.folder);
  const url = urlIn(await gateway.printed("Try:")).replace("0.0.0.0", "127.0.0.1");
  expect((await ask(url, "{ organization { name } }")).errors).toBeUndefined();
  expect(readdirSync(join(root, "data"))).toContain("cache.db");
  const check = (PORT: string) =>
    runCommand(image.healthCheck, { ...environment, PORT }, image.folder).ended();
  expect((await check(new URL(url).port)).code).toBe(0);
  gateway.child.kill("SIGTERM");
  expect((await gateway.ended()).code).toBe(0);
  expect((await check(new URL(url).port)).code).toBe(1);
});
