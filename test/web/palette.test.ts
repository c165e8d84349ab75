import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const css = readFileSync(new URL("../../src/web/design/tokens.css", import.meta.url), "utf8");

/** Custom properties that are colours, in a theme. */
function coloursOf(theme: "light" | "dark"): Readonly<Record<string, string>> {
  const block = css.slice(css.indexOf(":root {")).split("}")[0] ?? "";
  return Object.fromEntries(
    [...block.matchAll(/--([\w-]+): light-dark\((#[\da-f]{6}), (#[\da-f]{6})\);/g)].map(
      ([, name, light, dark]) => [name, theme === "light" ? light : dark],
    ),
  );
}

type Linear = readonly [number, number, number];

function linear(hex: string): Linear {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return [r, g, b];
}

/** Contrast of WCAG 2.2. */
function contrast(a: string, b: string): number {
  const [darker = 0, lighter = 0] = [a, b]
    .map((hex) => linear(hex))
    .map(([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b)
    .sort((x, y) => x - y);
  return (lighter + 0.05) / (darker + 0.05);
}

/** Colours as people with a kind of colour blindness see them (Machado, Oliveira and Fernandes 2009, severity 1). */
const SEEN = {
  "full colour": [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
} as const;

/** CIELAB of linear RGB, for D65. */
function lab([r, g, b]: Linear): Linear {
  const curve = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = curve((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
  const y = curve(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = curve((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function difference(a: string, b: string, seen: readonly (readonly number[])[]): number {
  const [p, q] = [a, b].map((hex) => {
    const colour = linear(hex);
    const [r = 0, g = 0, bl = 0] = seen.map((row) =>
      Math.min(
        1,
        Math.max(
          0,
          row.reduce((sum, weight, i) => sum + weight * (colour[i] ?? 0), 0),
        ),
      ),
    );
    return lab([r, g, bl]);
  });
  return Math.hypot(...[0, 1, 2].map((i) => (p?.[i] ?? 0) - (q?.[i] ?? 0)));
}

describe.each(["light", "dark"] as const)("the %s theme", (theme) => {
  const colours = coloursOf(theme);
  const accents = ["accent-1", "accent-2", "accent-3", "accent-4"].map((name) => colours[name] ?? "");

  test("has text that is legible on each of its grounds", () => {
    for (const ground of ["ground", "surface", "raised", "hover"])
      for (const text of ["text", "text-muted", "text-faint"])
        expect(
          contrast(colours[text] ?? "", colours[ground] ?? ""),
          `${text} on ${ground}`,
        ).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colours["notice-text"] ?? "", colours.notice ?? "")).toBeGreaterThanOrEqual(4.5);
  });

  test("has accents that stand out from the surface", () => {
    for (const accent of [
      ...accents,
      colours["accent-other"] ?? "",
      colours.control ?? "",
      colours.focus ?? "",
    ])
      expect(contrast(accent, colours.surface ?? ""), accent).toBeGreaterThanOrEqual(3);
  });

  test.each(Object.entries(SEEN))("has accents that differ in %s", (_kind, seen) => {
    const pairs = accents.flatMap((a, i) => accents.slice(i + 1).map((b) => [a, b] as const));
    expect(pairs).toHaveLength(6);
    for (const [a, b] of pairs) expect(difference(a, b, seen), `${a} ${b}`).toBeGreaterThanOrEqual(12);
  });
});
