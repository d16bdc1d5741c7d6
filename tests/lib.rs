//! Support of the tests: see the `[[test]]` targets.
