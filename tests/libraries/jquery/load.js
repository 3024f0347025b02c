// Writes the script tag of the jQuery that the address names: `page.html?1.11`.
var version = location.search.slice(1);
document.write('<script src="../node_modules/jquery-' + version + '/' +
  (version === "1.8" ? "tmp" : "dist") + '/jquery.js"><\/script>');
// Whether the version is at least this one.
function since(wanted) { return parseFloat(version.replace(/\.(\d)$/, ".0$1")) >= parseFloat(wanted.replace(/\.(\d)$/, ".0$1")); }
