//! The command line of placet.
fn main() {}
