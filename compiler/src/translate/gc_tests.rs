//! Tests of the translation of garbage-collected types.
