//! Arguments -> config -> app -> exit code.

fn main() {}
