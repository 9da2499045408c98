// Before the first paint, so that nobody who chose dark sees a white flash. A file of its own because the page's policy allows no inline script.
const chosen = localStorage.getItem('theme')
const dark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
document.documentElement.classList.toggle('dark', dark)
