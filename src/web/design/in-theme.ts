/** Chooses the colour of a theme from a value of `design/tokens.css`, for what does not know `light-dark()`. */
export function inTheme(value: string, theme: "light" | "dark"): string {
  const [, light, dark] = /^light-dark\(([^,]+),\s*([^,]+)\)$/.exec(value) ?? [];
  return (theme === "dark" ? dark : light) ?? value;
}
