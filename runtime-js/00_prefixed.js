// Prefixed and older names that libraries of the time ask for before they ask for the standard's.
function define(target, name, value) {
  Object.defineProperty(target, name, { value: value, writable: true, enumerable: false, configurable: true });
}
define(global, "webkitRequestAnimationFrame", global.requestAnimationFrame);
define(global, "webkitCancelAnimationFrame", global.cancelAnimationFrame);
define(global, "webkitCancelRequestAnimationFrame", global.cancelAnimationFrame);
define(global.Element.prototype, "scrollIntoViewIfNeeded", function scrollIntoViewIfNeeded() {});
define(global, "clientInformation", global.navigator);
