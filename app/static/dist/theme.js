(()=>{var e=window.matchMedia("(prefers-color-scheme: dark)");function t(){document.documentElement.dataset.bsTheme=e.matches?"dark":"light"}t();e.addEventListener("change",t);})();
