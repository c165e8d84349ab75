import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What npm says of a release in CycloneDX, of which only what is touched here is named. */
interface Bom {
  serialNumber: string;
  readonly metadata: { timestamp?: string; readonly component: { name: string } };
  readonly components: readonly object[];
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
}

const read = (file: string) => JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8"));

/**
 * The packages of a production install. `npm sbom --omit=dev` leaves out those that are needed for development as well, graphql
 * itself among them, so npm is shown a project that has no others.
 */
function productionBom(): Bom {
  const { devDependencies: _, ...manifest } = read("package.json");
  const lock: Lock = read("package-lock.json");
  const packages = Object.entries(lock.packages)
    .filter(([, { dev, devOptional }]) => !dev && !devOptional)
    .map(([path, entry]) => [path, path === "" ? manifest : entry]);
  const folder = mkdtempSync(join(tmpdir(), "sbom-"));
  try {
    const write = (file: string, content: object) =>
      writeFileSync(join(folder, file), JSON.stringify(content));
    write("package.json", manifest);
    write("package-lock.json", { ...lock, packages: Object.fromEntries(packages) });
    const bom: Bom = JSON.parse(
      execFileSync(
        "npm",
        ["sbom", "--sbom-format=cyclonedx", "--sbom-type=application", "--package-lock-only"],
        {
          cwd: folder,
          encoding: "utf8",
          stdio: ["ignore", "pipe", "ignore"],
          maxBuffer: 2 ** 26,
        },
      ),
    );
    bom.metadata.component.name = manifest.name; // npm takes the folder's
    return bom;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const bom = productionBom();
// npm says the time of day and a random number; without them the same lock file has the same bill, so that two can be compared.
delete bom.metadata.timestamp;
const digest = createHash("sha256").update(JSON.stringify(bom.components)).digest("hex");
bom.serialNumber = `urn:uuid:${digest.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-8$3-8$4-$5")}`; // RFC 9562, 5.8
process.stdout.write(`${JSON.stringify(bom, null, 2)}\n`);
