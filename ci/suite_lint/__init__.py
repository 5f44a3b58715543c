"""A check of the checks: whether the suite could fail at all, and whether it judges what it says.

``python -m ci.suite_lint`` prints one line a finding and exits 1 when there are any. What it holds:

- every Then can fail: its step asserts something on every path (:mod:`ci.suite_lint.asserting`);
- every scenario that says that something is refused, or is not so, shows that it is right before and after
  (:mod:`ci.suite_lint.sandwich`);
- every scenario has a Then whose step judges its requirement (:mod:`ci.suite_lint.judging`);
- every step has exactly one definition, and every definition a step (:mod:`ci.suite_lint.definitions`);
- no two scenarios have one id (:mod:`ci.suite_lint.identity`).
"""
