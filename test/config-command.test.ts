import { describe, expect, onTestFinished, test, vi } from "vitest";
import { configCommand, configText } from "../src/cli/config.ts";
import { SETTINGS } from "../src/settings/settings.ts";

describe("config", () => {
  test("prints each setting once, with its value and whether that is the default", () => {
    const lines = configText({ PORT: "8080", TOKENS_FILE: "./tokens.json" }).split("\n");
    expect(lines).toContain("PORT=8080");
    expect(lines).toContain("HOST=127.0.0.1 (default)");
    expect(lines).toContain("TOKENS_FILE=./tokens.json");
    expect(lines).toContain("METRICS is not set (off)");
    for (const { name } of SETTINGS)
      expect(
        lines.filter((line) => line.startsWith(`${name}=`) || line.startsWith(`${name} is`)),
        name,
      ).toHaveLength(1);
  });

  test("prints no secret, whatever setting holds it", () => {
    const secrets = Object.fromEntries(
      SETTINGS.filter(({ secret }) => secret === true).map(({ name }) => [name, `hidden-${name}`]),
    );
    const text = configText({
      ...secrets,
      CACHE_URL: "redis://user:hidden@cache.internal:6379",
      ANTHROPIC_BASE_URL: "https://hidden@upstream.example",
      AUDIT_LOG: "./sk-ant-api01-hidden",
    });
    expect(text).not.toContain("hidden");
    expect(text).toContain("ANTHROPIC_ANALYTICS_KEY=[masked]");
    expect(text).toContain("@cache.internal:6379");
  });

  test("names what is spelled almost as a setting, on standard error", async () => {
    onTestFinished(() => void vi.restoreAllMocks().unstubAllEnvs());
    vi.stubEnv("PSEUDONYM_KEY_FIEL", "hidden");
    vi.spyOn(process.stdout, "write").mockReturnValue(true);
    const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    await configCommand().parseAsync([], { from: "user" });
    const text = written.mock.calls.join("");
    expect(text).toContain(
      "PSEUDONYM_KEY_FIEL is not a setting and has no effect; did you mean PSEUDONYM_KEY_FILE?",
    );
    expect(text).not.toContain("hidden");
  });

  test("names each file without which the gateway does not start", async () => {
    const before = process.exitCode;
    onTestFinished(() => {
      process.exitCode = before;
      vi.restoreAllMocks().unstubAllEnvs();
    });
    vi.stubEnv("AUTH", "tokens");
    vi.stubEnv("TOKENS_FILE", "./missing/tokens.json");
    vi.stubEnv("AUDIT_LOG", "./missing/audit.log");
    vi.spyOn(process.stdout, "write").mockReturnValue(true);
    const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    await configCommand().parseAsync([], { from: "user" });
    expect(written.mock.calls.join("").trim().split("\n")).toEqual([
      "TOKENS_FILE: the file cannot be read (ENOENT).",
      "AUDIT_LOG: the file cannot be opened (ENOENT).",
    ]);
    expect(process.exitCode).toBe(1);
  });

  test("reads names that may be in lower case", () =>
    expect(configText({ no_proxy: "corp.example" })).toContain("NO_PROXY=corp.example\n"));
});
