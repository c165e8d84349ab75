import { useSyncExternalStore } from "react";
import { chooseTheme, currentTheme, onThemeChange, type Theme } from "./theme.ts";

const NEXT: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };
const LABELS: Readonly<Record<Theme, string>> = { system: "Auto", light: "Light", dark: "Dark" };

/** Switches between the system's colours, light and dark. */
export function ThemeSwitch() {
  const theme = useSyncExternalStore(onThemeChange, currentTheme);
  return (
    <button
      type="button"
      className="button quiet"
      title={`Colours: ${LABELS[theme]}. Switch to ${LABELS[NEXT[theme]]}.`}
      onClick={() => chooseTheme(NEXT[theme])}
    >
      <svg width="14" height="14" viewBox="0 0 16 16" aria-hidden="true">
        <circle cx="8" cy="8" r="6.5" fill="none" stroke="currentColor" strokeWidth="1.5" />
        <path d="M8 1.5a6.5 6.5 0 0 1 0 13z" fill="currentColor" />
      </svg>
      <span>
        <span className="visually-hidden">Colours: </span>
        {LABELS[theme]}
      </span>
    </button>
  );
}
