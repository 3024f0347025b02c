// requestIdleCallback (its W3C draft): a page without a screen is idle at once.
var setTimer = global.setTimeout, clearTimer = global.clearTimeout, clock = global.performance;
function requestIdleCallback(callback) {
  if (typeof callback !== "function") throw new TypeError("parameter 1 is not a function");
  return setTimer(function () {
    var end = clock.now() + 50;
    callback({ didTimeout: false, timeRemaining: function () { return Math.max(0, end - clock.now()); } });
  }, 1);
}
function cancelIdleCallback(handle) { clearTimer(handle); }
[requestIdleCallback, cancelIdleCallback].forEach(function (value) {
  Object.defineProperty(global, value.name, { value: value, writable: true, enumerable: true, configurable: true });
});
