"""Reads a JUnit report with a reader that knows nothing of duoke, and says what it found, as JSON."""

import json
import sys

from junitparser import JUnitXml


def outcome(case):
    return [[type(one).__name__, one.type, one.message, one.text or ""] for one in case.result]


report = JUnitXml.fromfile(sys.argv[1])
suites = [
    {
        "name": suite.name,
        "counts": [suite.tests, suite.failures, suite.errors, suite.skipped],
        "cases": [[case.classname, case.name, outcome(case), case.system_err] for case in suite],
    }
    for suite in report
]
counts = [report.tests, report.failures, report.errors]
print(json.dumps({"name": report.name, "counts": counts, "suites": suites}))
