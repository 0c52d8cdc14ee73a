//! Text for a terminal: wrapped to its width, coloured only where colours are wanted.

use std::fmt::Write;
use std::io::IsTerminal;

/// How text is put on the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns of a line, 60..=100.
    pub width: usize,
    /// Whether to use ANSI colours.
    pub colours: bool,
}

impl Style {
    /// What standard output can show: colours if it is a terminal, and neither `NO_COLOR` (<https://no-color.org>) nor
    /// `TERM=dumb` is set; the width from `COLUMNS`, else 90.
    pub fn of_stdout() -> Style {
        Style::from(std::io::stdout().is_terminal(), |name| std::env::var(name).ok())
    }

    fn from(terminal: bool, variable: impl Fn(&str) -> Option<String>) -> Style {
        let plain = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = variable("TERM").is_some_and(|value| value == "dumb");
        let width = variable("COLUMNS").and_then(|columns| columns.trim().parse().ok()).unwrap_or(90);
        Style { width: width.clamp(60, 100), colours: terminal && !plain && !dumb }
    }
}

/// A look that some text has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Look {
    Plain,
    Bold,
    Dim,
    Red,
    Yellow,
    Green,
    Blue,
    /// White on red.
    Alarm,
}

impl Look {
    fn code(self) -> &'static str {
        match self {
            Look::Plain => "",
            Look::Bold => "1",
            Look::Dim => "2",
            Look::Red => "1;31",
            Look::Yellow => "1;33",
            Look::Green => "1;32",
            Look::Blue => "1;34",
            Look::Alarm => "1;37;41",
        }
    }
}

/// Text in the making.
pub struct Paper {
    style: Style,
    text: String,
}

impl Paper {
    /// An empty sheet.
    pub fn new(style: Style) -> Paper {
        Paper { style, text: String::new() }
    }

    /// Columns of a line.
    pub fn width(&self) -> usize {
        self.style.width
    }

    /// Appends `text` as it is.
    pub fn put(&mut self, look: Look, text: &str) {
        if self.style.colours && look != Look::Plain {
            write!(self.text, "\x1b[{}m{text}\x1b[0m", look.code()).expect("a String takes everything");
        } else {
            self.text.push_str(text);
        }
    }

    /// Ends the line.
    pub fn end(&mut self) {
        self.text.push('\n');
    }

    /// A paragraph whose first line begins with `label`, and the others below its text, at column `indent`.
    pub fn paragraph(&mut self, indent: usize, label: &str, look: Look, text: &str) {
        let lines = wrap(text, self.style.width - indent);
        for (number, line) in lines.iter().enumerate() {
            let label = if number == 0 { label } else { "" };
            self.put(Look::Dim, &format!("{label:>width$}  ", width = indent - 2));
            self.put(look, line);
            self.end();
        }
    }

    /// The text.
    pub fn finish(self) -> String {
        self.text
    }
}

/// Breaks `text` at spaces into lines of at most `width` characters, unless a word is longer.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        let line = lines.last_mut().expect("there is always one");
        if used > 0 && used + 1 + length > width {
            lines.push(word.to_owned());
            used = length;
        } else {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_count_characters_and_not_bytes() {
        for (text, width, lines) in [
            ("", 10, &[""][..]),
            ("one two three", 7, &["one two", "three"]),
            ("ñandú ñu", 8, &["ñandú ñu"]),
            ("averylongword is", 5, &["averylongword", "is"]),
            ("  spaces   do not  matter ", 30, &["spaces do not matter"]),
        ] {
            assert_eq!(wrap(text, width), lines, "{text:?}");
        }
    }

    #[test]
    fn colours_are_for_terminals_whose_user_wants_them() {
        for (terminal, variables, colours) in [
            (true, &[][..], true),
            (false, &[], false),
            (true, &[("NO_COLOR", "1")], false),
            (true, &[("NO_COLOR", "")], true),
            (true, &[("TERM", "dumb")], false),
        ] {
            let look_up = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| value.to_string());
            assert_eq!(Style::from(terminal, look_up).colours, colours, "{terminal} {variables:?}");
        }
        for (columns, width) in [("40", 60), ("84", 84), ("200", 100), ("many", 90)] {
            assert_eq!(Style::from(true, |name| (name == "COLUMNS").then(|| columns.into())).width, width);
        }
    }

    #[test]
    fn a_paragraph_hangs_below_its_label() {
        let mut paper = Paper::new(Style { width: 60, colours: false });
        paper.paragraph(8, "why", Look::Plain, &"word ".repeat(15));
        let text = paper.finish();
        assert!(text.starts_with("   why  word"), "{text}");
        assert!(text.lines().nth(1).unwrap().starts_with("        word"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 60));
    }
}
