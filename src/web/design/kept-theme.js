// Applies the theme that the reader has chosen before anything is painted: modules run later.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // A browser that stores nothing follows the system.
}
