import { execFileSync } from "node:child_process";
import { delimiter } from "node:path";

export const ROOT = new URL("../../", import.meta.url).pathname;

/** As an operator has it, who has the Node of the machine and none of this project's. */
const PATH = (process.env.PATH ?? "")
  .split(delimiter)
  .filter((folder) => !folder.includes("node_modules"))
  .join(delimiter);

export const ENVIRONMENT = { PATH, HOME: process.env.HOME ?? "", NODE_ENV: "production" };

export const machinesNode = Number.parseInt(
  execFileSync("node", ["-p", "process.versions.node"], { env: ENVIRONMENT, encoding: "utf8" }),
  10,
);
