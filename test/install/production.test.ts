import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { ask, endAll, type Process, runCommand, urlIn } from "../process.ts";
import { ENVIRONMENT, machinesNode, ROOT } from "./machine.ts";

const folders: string[] = [];

afterEach(() => {
  endAll();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** What is committed or about to be, installed in a folder of its own. */
async function installed(...flags: string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "gateway-"));
  folders.push(folder);
  const files = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  for (const file of files.split("\0").filter(Boolean)) cpSync(join(ROOT, file), join(folder, file));
  const { code, output } = await runCommand(
    ["npm", "ci", "--prefer-offline", "--no-audit", "--no-fund", ...flags],
    ENVIRONMENT,
    folder,
  ).ended();
  expect(code, output).toBe(0);
  // What the packages want of Node is met by the one that is installed with them, whatever the machine has.
  expect(output).not.toContain("EBADENGINE");
  return folder;
}

function start(folder: string): Process {
  return runCommand(["npm", "start"], { ...ENVIRONMENT, PORT: "0", SANDBOX_USERS: "20" }, folder);
}

async function expectServed(gateway: Process): Promise<void> {
  const { data, errors } = await ask(urlIn(await gateway.printed("Try:")), "{ organization { name } }");
  expect(errors).toBeUndefined();
  expect(data).toEqual({ organization: { name: expect.any(String) } });
  gateway.child.kill("SIGTERM");
  expect((await gateway.ended()).code).toBe(0);
}

test(`a production install starts by npm on the Node of the machine (${machinesNode})`, async () => {
  await expectServed(start(await installed()));
});

// An `--omit` replaces that of NODE_ENV, so packages of development are named as well.
test.each(["--ignore-scripts", "--omit=dev --omit=optional"])(
  "with %s, which leaves out its Node, it starts on the machine's or says in one line what is missing",
  async (flags) => {
    const gateway = start(await installed(...flags.split(" ")));
    if (machinesNode >= 26) return expectServed(gateway);
    const { code, output } = await gateway.ended();
    expect(code).toBe(1);
    const lines = output.split("\n").filter((line) => line !== "" && !line.startsWith("> "));
    expect(lines).toEqual([expect.stringMatching(/^claude-analytics-gateway needs Node 26 or newer, and/)]);
  },
);
