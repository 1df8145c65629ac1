// Light or dark? Set before anything is drawn, so that nothing flashes.
(() => {
  const chosen = (() => {
    try {
      return localStorage.getItem("bv-theme");
    } catch {
      return null;
    }
  })();
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
