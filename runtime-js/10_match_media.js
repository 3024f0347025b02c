// matchMedia (CSSOM View §4.2). The tab never changes its size, so a list never fires.
function MediaQueryList() { throw new TypeError("Illegal constructor"); }
MediaQueryList.prototype = Object.create(global.EventTarget.prototype, {
  constructor: { value: MediaQueryList, writable: true, configurable: true }
});
["addListener", "removeListener"].forEach(function (name) {
  Object.defineProperty(MediaQueryList.prototype, name, { value: function () {}, writable: true, configurable: true });
});
function matchMedia(query) {
  var media = String(query), list = Object.create(MediaQueryList.prototype);
  Object.defineProperty(list, "media", { value: media, enumerable: true });
  Object.defineProperty(list, "matches", { value: ops.mediaMatches(media), enumerable: true });
  list.onchange = null;
  list.addEventListener = list.removeEventListener = function () {};
  return list;
}
Object.defineProperty(global, "matchMedia", { value: matchMedia, writable: true, enumerable: true, configurable: true });
Object.defineProperty(global, "MediaQueryList", { value: MediaQueryList, writable: true, configurable: true });
