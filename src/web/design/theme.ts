export type Theme = "light" | "dark" | "system";

const KEY = "theme";
const listeners = new Set<() => void>();

/** The choice that `kept-theme.js` has read and applied. */
const { theme: kept } = document.documentElement.dataset;
let theme: Theme = kept === "light" || kept === "dark" ? kept : "system";

/** Styles follow the system by themselves: a script that did so would be a moment late, with the colours of both meanwhile. */
function apply(): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function currentTheme(): Theme {
  return theme;
}

/** Theme of the colours on the screen. */
export function shownTheme(): Exclude<Theme, "system"> {
  if (theme !== "system") return theme;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function onThemeChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function chooseTheme(chosen: Theme): void {
  theme = chosen;
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // The choice holds until the page is closed.
  }
  apply();
  for (const listener of listeners) listener();
}
