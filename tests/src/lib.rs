//! What the test programs of this folder share: where things are, compiling to artifacts on disk,
//! `.wast` values, running a script of directives. No expectations live here; those stand in the
//! data files and in the test programs.

pub mod artifact;
pub mod child;
pub mod commands;
pub mod counting;
pub mod duel;
pub mod expected;
pub mod faults;
pub mod folded_try;
pub mod generate;
pub mod judge;
pub mod kit;
pub mod ledger;
pub mod legacy;
pub mod night;
pub mod paths;
pub mod plan;
pub mod program;
pub mod script;
pub mod single;
pub mod spec_groups;
pub mod spec_list;
pub mod spec_suite;
pub mod spectest;
pub mod values;
