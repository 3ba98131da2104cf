// Runs before the page is painted: Tabler's dark colours follow the system's setting.
const dark = window.matchMedia('(prefers-color-scheme: dark)');

function follow() {
  document.documentElement.dataset.bsTheme = dark.matches ? 'dark' : 'light';
}

follow();
dark.addEventListener('change', follow);

// Paper is white whatever the screen is.
window.addEventListener('beforeprint', () => { document.documentElement.dataset.bsTheme = 'light'; });
window.addEventListener('afterprint', follow);
