import { readKeyFile, readOrReport } from "../operator-file.ts";

/** Names the secret in the file of a setting, as the subject of a fault. */
export function inFile(variable: string): string {
  return `${variable}: the secret in the file`;
}

/** The key in a file that a setting names; empty, and a fault, where it cannot be used. */
export function keyInFile(path: string, variable: string, faults: string[]): string {
  const fault = (why: string) => void faults.push(`${variable}: the file ${why}.`);
  const key = readOrReport(() => readKeyFile(path), fault);
  if (key === "") fault("is empty");
  return key ?? "";
}
