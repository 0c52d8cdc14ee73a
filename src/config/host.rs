//! The host's name, as the default of the instance id.

use std::process::Command;

/// The host's name with every character that an id cannot hold replaced by `-`. `None` if nothing tells it.
pub(super) fn name() -> Option<String> {
    let from_file = |path: &&str| std::fs::read_to_string(path).ok().filter(|name| !name.trim().is_empty());
    ["/proc/sys/kernel/hostname", "/etc/hostname"]
        .iter()
        .find_map(from_file)
        .or_else(from_command)
        .as_deref()
        .map(as_id)
}

/// Where there is no such file, as on macOS.
fn from_command() -> Option<String> {
    let output = Command::new("hostname").output().ok()?;
    String::from_utf8(output.stdout).ok().filter(|name| !name.trim().is_empty())
}

fn as_id(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    name.trim().chars().take(200).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_a_name_that_is_an_id() {
        let name = name().unwrap();
        assert!(!name.is_empty());
        assert_eq!(as_id(&name), name);
        assert_eq!(as_id("Anna's Mac\n"), "Anna-s-Mac");
    }
}
