// Prints the notes of a release from CHANGELOG.md: node release.ts v1.2.3. Fails unless the tag, the package and the changelog agree.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

interface Release {
  readonly tag: string;
  readonly version: string;
  readonly changelog: string;
}

/** Returns the section of the changelog for the tag. Throws if the tag is not that version's, or the version has no date or no changes. */
export function releaseNotes({ tag, version, changelog }: Release): string {
  if (tag !== `v${version}`) throw new Error(`The tag is ${tag}, and the package is version ${version}.`);
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((each) => each.startsWith(`${version} `));
  if (section === undefined) throw new Error(`CHANGELOG.md has no section for ${version}.`);
  const [heading = "", ...lines] = section.trimEnd().split("\n");
  if (!/^\S+ \(\d{4}-\d\d-\d\d\)$/.test(heading))
    throw new Error(`CHANGELOG.md has no date for ${version}: the heading is "${heading}".`);
  if (!lines.some((line) => line.startsWith("- ")))
    throw new Error(`CHANGELOG.md names no change in ${version}.`);
  return `${lines.join("\n").trim()}\n`;
}

const [, script = "", tag = ""] = process.argv;
if (import.meta.url === pathToFileURL(script).href) {
  const read = (file: string) => readFileSync(new URL(file, import.meta.url), "utf8");
  const { version } = JSON.parse(read("package.json"));
  process.stdout.write(releaseNotes({ tag, version, changelog: read("CHANGELOG.md") }));
}
