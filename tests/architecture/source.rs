//! Reads Rust as far as the architecture test needs: tokens with their lines, which of them are test code, and paths.

/// A word or a mark of a source file; comments are gone, and of a text or character only its place is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// An identifier, `::`, or one other character; `"` stands for a text, a byte string or a character.
    pub text: String,
    /// Counted from 1.
    pub line: usize,
    /// Inside an item marked `#[cfg(test)]`.
    pub test: bool,
}

/// `a::b::c`, with the groups of a `use` written out: `use a::{b, c::d}` is two paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The segments; `*` stands for itself.
    pub segments: Vec<String>,
    /// Line of the last segment.
    pub line: usize,
    /// Inside an item marked `#[cfg(test)]`.
    pub test: bool,
}

/// The tokens of a file.
pub fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < chars.len() {
        let (text, end) = next(&chars, at);
        if let Some(text) = text {
            tokens.push(Token { text, line, test: false });
        }
        line += chars[at..end].iter().filter(|&&c| c == '\n').count();
        at = end;
    }
    mark_tests(&mut tokens);
    tokens
}

/// The token that begins at `at`, if it is one to keep, and where the next one begins.
fn next(chars: &[char], at: usize) -> (Option<String>, usize) {
    let follows = |from: usize, text: &str| text.chars().enumerate().all(|(i, c)| chars.get(from + i) == Some(&c));
    let is_word = |c: &char| c.is_alphanumeric() || *c == '_';
    let text = Some("\"".to_owned());
    if chars[at].is_whitespace() {
        (None, at + 1)
    } else if follows(at, "//") {
        (None, (at..chars.len()).find(|&i| chars[i] == '\n').unwrap_or(chars.len()))
    } else if follows(at, "/*") {
        (None, end_of_comment(chars, at))
    } else if chars[at] == '"' {
        (text, end_of_text(chars, at))
    } else if chars[at] == '\'' {
        // A lifetime is a mark and a word; a character ends with another mark.
        match (chars.get(at + 1), chars.get(at + 2)) {
            (Some('\\'), _) => (text, (at + 3..chars.len()).find(|&i| chars[i] == '\'').map_or(chars.len(), |i| i + 1)),
            (Some(_), Some('\'')) => (text, at + 3),
            _ => (Some("'".to_owned()), at + 1),
        }
    } else if is_word(&chars[at]) {
        let end = (at..chars.len()).find(|&i| !is_word(&chars[i])).unwrap_or(chars.len());
        let word: String = chars[at..end].iter().collect();
        let hashes = chars[end..].iter().take_while(|&&c| c == '#').count();
        if matches!(word.as_str(), "r" | "br" | "cr") && chars.get(end + hashes) == Some(&'"') {
            let close = format!("\"{}", "#".repeat(hashes));
            let from = end + hashes + 1;
            let end = (from..chars.len()).find(|&i| follows(i, &close)).map_or(chars.len(), |i| i + close.len());
            return (text, end);
        }
        if word == "r" && hashes == 1 {
            return (None, end + 1);
        }
        (Some(word), end)
    } else if follows(at, "::") {
        (Some("::".to_owned()), at + 2)
    } else {
        (Some(chars[at].to_string()), at + 1)
    }
}

fn end_of_comment(chars: &[char], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0);
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (at, depth) = (at + 2, depth + 1),
            ('*', Some('/')) => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn end_of_text(chars: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

/// Marks every item behind `#[cfg(test)]`: up to its `;`, or to the end of its braces.
fn mark_tests(tokens: &mut [Token]) {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let starts: Vec<usize> = (0..tokens.len())
        .filter(|&i| i + MARK.len() <= tokens.len() && MARK.iter().zip(&tokens[i..]).all(|(mark, t)| *mark == t.text))
        .collect();
    for start in starts {
        let mut depth = 0;
        for token in &mut tokens[start..] {
            token.test = true;
            match token.text.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                ";" if depth == 0 => break,
                _ => continue,
            }
            if depth == 0 {
                break;
            }
        }
    }
}

/// Names of the modules that stand in a file of their own and are test code: `#[cfg(test)] mod tests;`.
pub fn test_modules(tokens: &[Token]) -> Vec<String> {
    let is_one = |w: &&[Token]| w[0].test && w[0].text == "mod" && w[2].text == ";";
    tokens.windows(3).filter(is_one).map(|w| w[1].text.clone()).collect()
}

/// Every path of two segments or more.
pub fn paths(tokens: &[Token]) -> Vec<Path> {
    let mut paths = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let inner = at > 0 && tokens[at - 1].text == "::";
        if !inner && is_name(&tokens[at]) && tokens.get(at + 1).is_some_and(|t| t.text == "::") {
            at = walk(tokens, at, &[], &mut paths);
        } else {
            at += 1;
        }
    }
    paths
}

fn is_name(token: &Token) -> bool {
    token.text == "*" || token.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Follows a path, and each branch of it, from the segment at `at`; where the path ends.
fn walk(tokens: &[Token], mut at: usize, before: &[String], paths: &mut Vec<Path>) -> usize {
    let mut segments = before.to_vec();
    let mut last = &tokens[at];
    while let Some(token) = tokens.get(at) {
        if token.text == "{" {
            at += 1;
            while let Some(token) = tokens.get(at) {
                match token.text.as_str() {
                    "}" => return at + 1,
                    _ if is_name(token) => at = walk(tokens, at, &segments, paths),
                    _ => at += 1,
                }
            }
            return at;
        }
        if !is_name(token) {
            break;
        }
        segments.push(token.text.clone());
        last = token;
        at += 1;
        match tokens.get(at) {
            Some(colons) if colons.text == "::" => at += 1,
            _ => break,
        }
    }
    paths.push(Path { segments, line: last.line, test: last.test });
    at
}
