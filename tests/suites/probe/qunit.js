// Just after QUnit: each test's result is a console line as soon as it is there.
(function () {
  var log = console.log.bind(console), failed = [];
  function tell(what) { log("suites:" + JSON.stringify(what)); }
  // A test that waits for ever must not keep the others of its module from running, whatever the suite sets.
  Object.defineProperty(QUnit.config, "testTimeout", { get: function () { return 5000; }, set: function () {} });
  QUnit.config.reorder = false;
  QUnit.log(function (it) {
    if (!it.result) failed.push(String(it.message) + ": expected " + String(it.expected) + ", got " + String(it.actual));
  });
  QUnit.testDone(function (it) {
    var passed = it.failed === 0 && it.total > 0;
    tell({ name: (it.module || "") + ": " + it.name, passed: passed, why: passed ? undefined : failed.join(" | ").slice(0, 600) });
    failed = [];
  });
  QUnit.done(function () { tell({ end: 0 }); });
})();
