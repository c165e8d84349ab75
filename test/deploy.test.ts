import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { releaseNotes } from "../release.ts";
import { readConfig } from "../src/config.ts";
import { type Environment, SETTINGS } from "../src/settings/settings.ts";
import { gateway } from "./gateway.ts";
import { settingFaults } from "./setting-faults.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const { version, scripts }: { readonly version: string; readonly scripts: Readonly<Record<string, string>> } =
  JSON.parse(read("package.json"));
const IMAGE = `claude-analytics-gateway:${version}`;

const compose = parse(read("deploy/compose.yaml"));
const manifests = ["gateway", "secrets", "redis"].flatMap((name) =>
  parseAllDocuments(read(`deploy/kubernetes/${name}.yaml`), { strict: true }).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS();
  }),
);
const manifest = (kind: string, name = "claude-analytics-gateway") =>
  manifests.find((each) => each.kind === kind && each.metadata.name === name);
const pod = manifest("Deployment").spec.template.spec;
const [container] = pod.containers;
const dockerfile = read("deploy/Dockerfile").split("\n");
const unit = read("deploy/claude-analytics-gateway.service");

const imageEnvironment = assignments(/^ENV (.+)$/m.exec(read("deploy/Dockerfile"))?.[1]);
const ENVIRONMENTS: Readonly<Record<string, Environment>> = {
  "the image": imageEnvironment,
  compose: { ...imageEnvironment, ...compose.services.gateway.environment },
  Kubernetes: { ...imageEnvironment, ...manifest("ConfigMap").data },
  systemd: assignments(/^Environment=(.+)$/m.exec(unit)?.[1]),
};

function assignments(text = ""): Environment {
  return Object.fromEntries(text.split(" ").map((each) => each.split(/=(.*)/s).slice(0, 2)));
}

const FILLED: Readonly<Record<string, string>> = {
  "tokens.json": manifest("Secret", "claude-analytics-gateway-tokens").stringData["tokens.json"],
  "analytics-key": "sk-ant-api01-test",
  "admin-key": "sk-ant-admin01-test",
};

/** An environment with its files of secrets, filled in. */
function mounted(environment: Environment): Environment {
  const folder = mkdtempSync(join(tmpdir(), "secrets-"));
  return Object.fromEntries(
    Object.entries(environment).map(([name, value = ""]) => {
      if (!name.endsWith("_FILE")) return [name, value];
      const path = join(folder, basename(value));
      writeFileSync(path, FILLED[basename(value)] ?? "");
      return [name, path];
    }),
  );
}

test("the example of a parent organization is a file of organizations", () => {
  const environment: object = {
    ORGANIZATIONS_FILE: join(ROOT, "deploy/organizations-parent.json"),
    HOLDING_KEY: "sk-ant-api01-holding",
  };
  expect(settingFaults(environment)).toEqual([]);
});

describe.each(Object.entries(ENVIRONMENTS))("the environment of %s", (_name, environment) => {
  test("names settings, with values that start", () => {
    const known = ["NODE_ENV", ...SETTINGS.map(({ name }) => name)];
    expect(Object.keys(environment).filter((name) => !known.includes(name))).toEqual([]);
    expect(environment).toHaveProperty("NODE_ENV", "production");
    readConfig(mounted(environment));
  });

  test("starts with an API key where others reach the gateway only if callers authenticate", () => {
    const key = environment.ANTHROPIC_ANALYTICS_KEY_FILE
      ? {}
      : { ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-test" };
    const withKey = { ...mounted(environment), ...key };
    const isReachable = environment.HOST === "0.0.0.0";
    if (isReachable && environment.AUTH === undefined)
      expect(() => readConfig(withKey)).toThrow(/HOST is an address others can reach/);
    else expect(readConfig(withKey).sandbox).toBeNull();
  });
});

describe("ports", () => {
  test("are one in the image, compose and Kubernetes", () => {
    const { port } = readConfig(imageEnvironment).server;
    expect(dockerfile).toContain(`EXPOSE ${port}`);
    expect(compose.services.gateway.ports).toEqual([`127.0.0.1:${port}:${port}`]);
    expect(container.ports[0]).toEqual({ name: "http", containerPort: port });
    expect(readConfig({ PORT: manifest("ConfigMap").data.PORT }).server.port).toBe(port);
    expect(manifest("Service").spec.ports).toEqual([{ name: "http", port: 80, targetPort: "http" }]);
  });

  test("of metrics are those that Prometheus is led to, and no others are", () => {
    const { metrics } = readConfig({ METRICS: manifest("ConfigMap").data.METRICS });
    expect(container.ports.slice(1)).toEqual([{ name: "metrics", containerPort: metrics?.port }]);
    expect(manifest("Deployment").spec.template.metadata.annotations).toEqual({
      "prometheus.io/scrape": "true",
      "prometheus.io/port": String(metrics?.port),
      "prometheus.io/path": "/metrics",
    });
    for (const environment of Object.values(ENVIRONMENTS).slice(1))
      expect(readConfig({ METRICS: environment.METRICS }).metrics?.port).toBe(metrics?.port);
    expect(readConfig(ENVIRONMENTS.systemd ?? {}).metrics?.host).toBe("127.0.0.1");
  });

  test("of Redis are those that the gateway is set to", () => {
    expect(new URL(compose.services.gateway.environment.CACHE_URL).hostname).toBe("redis");
    expect(Object.keys(compose.services)).toContain("redis");
    const { hostname, port } = new URL(manifest("ConfigMap").data.CACHE_URL);
    expect(manifest("Service", hostname).spec.ports).toMatchObject([{ port: Number(port) }]);
    for (const { command } of [
      compose.services.redis,
      manifest("StatefulSet", hostname).spec.template.spec.containers[0],
    ])
      expect(command.join(" ")).toContain("--maxmemory-policy volatile-lru"); // others may evict the archive
  });
});

test("probes ask for routes that answer, and readiness for the one that drains", async () => {
  const { app } = gateway({ sandbox: { users: 20 } });
  const { startupProbe, livenessProbe, readinessProbe } = container;
  const paths = [startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet.path);
  for (const path of paths) expect((await app.fetch(`http://gateway.test${path}`)).status).toBe(200);
  app.startDraining();
  const draining = await Promise.all(paths.map((path) => app.fetch(`http://gateway.test${path}`)));
  expect(draining.map(({ status }) => status)).toEqual([200, 200, 503]);
  const path = /127\.0\.0\.1:\$\{process\.env\.PORT\}(\/\w+)`/.exec(read("deploy/Dockerfile"))?.[1];
  expect(path).toBe(livenessProbe.httpGet.path);
});

test("supervisors wait longer than the gateway may take to end", () => {
  const needed = (environment: Environment) => {
    const { server, limits } = readConfig(environment);
    return (server.drainDelayMs + limits.operationTimeoutMs + 2_000) / 1_000;
  };
  const { DRAIN_DELAY } = manifest("ConfigMap").data;
  const { readinessProbe } = container;
  expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(needed({ DRAIN_DELAY }));
  expect(Number(DRAIN_DELAY)).toBeGreaterThanOrEqual(
    readinessProbe.periodSeconds * (readinessProbe.failureThreshold ?? 3),
  );
  expect(Number.parseInt(compose.services.gateway.stop_grace_period, 10)).toBeGreaterThan(needed({}));
  expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(needed({}));
});

test("containers run without root, without privileges, and on a file system that cannot be written", () => {
  expect(dockerfile.lastIndexOf("USER node")).toBeGreaterThan(
    dockerfile.findLastIndex((line) => line.startsWith("RUN ")),
  );
  for (const { spec } of [
    manifest("Deployment").spec.template,
    manifest("StatefulSet", "claude-analytics-gateway-redis").spec.template,
  ]) {
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect(spec.automountServiceAccountToken).toBe(false);
    for (const { securityContext, resources } of spec.containers) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(resources.limits).toHaveProperty("memory");
    }
  }
  for (const service of Object.values(compose.services))
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
    });
});

test("two replicas share a store, and one is there while the other is replaced", () => {
  expect(manifest("Deployment").spec).toMatchObject({
    replicas: 2,
    strategy: { rollingUpdate: { maxUnavailable: 0 } },
  });
  expect(manifest("PodDisruptionBudget").spec.minAvailable).toBe(1);
  expect(
    readConfig(
      manifest("ConfigMap").data.CACHE_URL ? { CACHE_URL: manifest("ConfigMap").data.CACHE_URL } : {},
    ).cache.store,
  ).toMatchObject({ kind: "redis" });
});

test("names of images, selectors, secrets and volumes meet", () => {
  expect([container.image, compose.services.gateway.image]).toEqual([IMAGE, IMAGE]);
  expect(read("deploy/Dockerfile")).toContain(`--tag ${IMAGE} `);
  for (const { kind, spec } of manifests.filter((each) => each.spec?.template !== undefined))
    expect(spec.template.metadata.labels, kind).toEqual(spec.selector.matchLabels);
  expect(manifest("Service").spec.selector).toEqual(manifest("Deployment").spec.selector.matchLabels);
  expect(container.envFrom).toEqual([{ configMapRef: { name: manifest("ConfigMap").metadata.name } }]); // secrets are in no environment
  const files = container.volumeMounts.flatMap(
    ({ name, mountPath }: { readonly name: string; readonly mountPath: string }) => {
      const volume = pod.volumes.find((each: { readonly name: string }) => each.name === name);
      return Object.keys(manifest("Secret", volume.secret.secretName).stringData).map(
        (key) => `${mountPath}/${key}`,
      );
    },
  );
  const { data } = manifest("ConfigMap");
  const named = Object.keys(data).filter((name) => name.endsWith("_FILE"));
  expect(named.map((name) => data[name]).sort()).toEqual(files.sort());
  expect(files.map((path: string) => basename(path)).sort()).toEqual(Object.keys(FILLED).sort());
});

describe("a release", () => {
  const CHANGELOG =
    "# Changelog\n\n## 1.1.0 (2027-01-09)\n\n### Added\n\n- Much.\n\n## 1.0.0 (2026-12-01)\n\n- All.\n";

  test("has the section of its version as notes", () =>
    expect(releaseNotes({ tag: "v1.1.0", version: "1.1.0", changelog: CHANGELOG })).toBe(
      "### Added\n\n- Much.\n",
    ));

  test.each([
    [
      "the tag of another version",
      "v1.0.0",
      CHANGELOG,
      /^The tag is v1\.0\.0, and the package is version 1\.1\.0/,
    ],
    ["no section in the changelog", "v1.1.0", CHANGELOG.replace("1.1.0", "1.1.1"), /no section for 1\.1\.0/],
    ["no date", "v1.1.0", CHANGELOG.replace("2027-01-09", "unreleased"), /no date for 1\.1\.0/],
    ["no change", "v1.1.0", CHANGELOG.replace("- Much.", ""), /names no change in 1\.1\.0/],
  ])("is refused with %s", (_what, tag, changelog, message) =>
    expect(() => releaseNotes({ tag, version: "1.1.0", changelog })).toThrow(message),
  );

  test("is made of a tag, after every check, with provenance and the bill of materials", () => {
    const { on, jobs, permissions } = parse(read(".github/workflows/release.yml"));
    expect(on).toEqual({ push: { tags: ["v*"] } });
    expect(permissions).toEqual({});
    expect(jobs.release.permissions).toEqual({ contents: "write", "id-token": "write" });
    const steps: readonly string[] = jobs.release.steps.flatMap(
      ({ run }: { readonly run?: string }) => run ?? [],
    );
    const place = (text: string) => steps.findIndex((step) => step.startsWith(text));
    const order = [
      "npm ci",
      "node release.ts",
      "npm run check",
      "npm run sbom",
      "npm pack",
      "npm publish --provenance",
      "gh release create",
    ].map(place);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).not.toContain(-1);
    expect(steps.at(-1)).toMatch(/--notes-file notes\.md .*\.tgz sbom\.cdx\.json$/);
    for (const [, name = ""] of steps.join("\n").matchAll(/npm run (\S+)/g))
      expect(scripts).toHaveProperty(name);
  });
});
