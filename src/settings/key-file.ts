import { readKeyFile, UnreadableFile } from "../operator-file.ts";

/** The key in a file that a setting names; empty, and a fault, where it cannot be used. */
export function keyInFile(path: string, variable: string, faults: string[]): string {
  try {
    const key = readKeyFile(path);
    if (key === "") faults.push(`${variable}: the file is empty.`);
    return key;
  } catch (fault) {
    if (!(fault instanceof UnreadableFile)) throw fault;
    faults.push(`${variable}: the file ${fault.message}.`);
    return "";
  }
}
