// In place of the suite's testharnessreport.js: each result is a console line as soon as it is there.
(function () {
  if (window.parent !== window) return;
  var log = console.log.bind(console);
  function tell(what) { log("suites:" + JSON.stringify(what)); }
  setup({ output: false });
  add_result_callback(function (test) {
    var passed = test.status === test.PASS;
    tell({ name: String(test.name), passed: passed, why: passed ? undefined : String(test.message).slice(0, 300) });
  });
  add_completion_callback(function (tests, status) {
    tell({ end: status.status, why: status.message ? String(status.message).slice(0, 300) : undefined });
  });
})();
