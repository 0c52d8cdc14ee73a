//! Cuts a text into tokens of folded bytes: the only form in which the scorer sees it.
//!
//! Lower case; accents dropped, n with tilde kept; a letter that runs on is cut to two; digits are all alike; what has no
//! width is not there. Words in a script other than Latin are counted and dropped: the model knows nothing about them.
//! At most [`LONGEST`] bytes of a text are looked at, so that the time for one is bounded.

/// Bytes of a text that are looked at. What is at stake is said in the first few hundred words.
pub const LONGEST: usize = 4_096;
/// Bytes of a word that are kept.
pub const LONGEST_WORD: usize = 32;
/// Stands for n with tilde among the folded bytes.
pub const ENYE: u8 = b'~';

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Folded letters and digits.
    Word,
    /// An emoji, an emoticon or telling punctuation, in its own bytes.
    Mark,
    /// Punctuation that ends what a negation reaches; no bytes.
    Break,
}

/// A stretch of the folded bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    start: u16,
    end: u16,
}

/// A folded text. Used again and again: its room is kept.
#[derive(Clone, Debug, Default)]
pub struct Folded {
    bytes: Vec<u8>,
    tokens: Vec<Token>,
    start: usize,
    is_foreign: bool,
    /// Letters, before folding.
    pub letters: u32,
    /// Those of them in upper case.
    pub capitals: u32,
    /// Words in scripts that the model does not know.
    pub foreign: u32,
}

impl Folded {
    /// Folds `text` in place of the one before.
    pub fn fold(&mut self, text: &str) {
        self.bytes.clear();
        self.tokens.clear();
        (self.start, self.is_foreign) = (0, false);
        (self.letters, self.capitals, self.foreign) = (0, 0, 0);
        let text = beginning(text, LONGEST);
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            at += match byte {
                b'a'..=b'z' => {
                    self.letters += 1;
                    self.push(byte);
                    1
                }
                b'A'..=b'Z' => {
                    self.letters += 1;
                    self.capitals += 1;
                    self.push(byte | 0x20);
                    1
                }
                b'0'..=b'9' => {
                    self.digit();
                    1
                }
                // "don't", "'di".
                b'\'' => 1,
                b'@' => {
                    self.end_word();
                    name_length(bytes, at)
                }
                b' '..=b'~' | b'\t' | b'\n' | b'\r' => self.punctuation(bytes, at),
                0..=0x7f => 1,
                0x80.. => {
                    let character = text[at..].chars().next().expect("`at` is a character's first byte");
                    self.beyond_ascii(character);
                    character.len_utf8()
                }
            };
        }
        self.end_word();
    }

    /// The tokens, in order.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The bytes of `token`.
    pub fn bytes(&self, token: Token) -> &[u8] {
        &self.bytes[usize::from(token.start)..usize::from(token.end)]
    }

    fn push(&mut self, letter: u8) {
        let word = &self.bytes[self.start..];
        let runs_on = matches!(word, [.., a, b] if *a == letter && *b == letter);
        if !runs_on && word.len() < LONGEST_WORD {
            self.bytes.push(letter);
        }
    }

    fn digit(&mut self) {
        if self.bytes[self.start..].last() != Some(&b'0') {
            self.push(b'0');
        }
    }

    fn end_word(&mut self) {
        if self.is_foreign {
            self.bytes.truncate(self.start);
            self.foreign += 1;
            self.is_foreign = false;
        }
        self.end(TokenKind::Word);
    }

    fn end(&mut self, kind: TokenKind) {
        let end = self.bytes.len();
        if end > self.start {
            // Two bytes are enough: folding makes nothing longer, and `LONGEST` is below 2^16.
            self.tokens.push(Token { kind, start: self.start as u16, end: end as u16 });
            self.start = end;
        }
    }

    fn mark(&mut self, bytes: &[u8]) {
        self.end_word();
        let repeats = self.tokens.last().is_some_and(|last| last.kind == TokenKind::Mark && self.bytes(*last) == bytes);
        if !repeats {
            self.bytes.extend_from_slice(bytes);
            self.end(TokenKind::Mark);
        }
    }

    fn pause(&mut self) {
        self.end_word();
        let at = self.start as u16;
        if self.tokens.last().is_some_and(|last| last.kind != TokenKind::Break) {
            self.tokens.push(Token { kind: TokenKind::Break, start: at, end: at });
        }
    }

    /// Takes what begins at `at`, which is no letter or digit; how many bytes that was.
    fn punctuation(&mut self, bytes: &[u8], at: usize) -> usize {
        let byte = bytes[at];
        let run = bytes[at..].iter().take_while(|b| **b == byte).count();
        match byte {
            b':' | b';' | b'=' => {
                let nose = usize::from(bytes.get(at + 1) == Some(&b'-'));
                let mood: Option<&[u8]> = match bytes.get(at + 1 + nose) {
                    Some(b')' | b']' | b'D' | b'3' | b'*') => Some(b":)"),
                    Some(b'(' | b'[' | b'/' | b'|' | b'\\') if bytes.get(at + 2) != Some(&b'/') => Some(b":("),
                    _ => None,
                };
                match mood {
                    Some(mood) => {
                        self.mark(mood);
                        2 + nose
                    }
                    None => {
                        self.pause();
                        1
                    }
                }
            }
            b'!' | b'?' => {
                self.mark(&[byte; 2][..run.min(2)]);
                self.pause();
                run
            }
            b'.' => {
                if run > 1 {
                    self.mark(b"..");
                }
                self.pause();
                run
            }
            b',' | b'(' | b')' | b'\n' | b'"' => {
                self.pause();
                run
            }
            _ => {
                self.end_word();
                run
            }
        }
    }

    fn beyond_ascii(&mut self, character: char) {
        let folded: &[u8] = match character {
            'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' | 'ā' | 'ª' => b"a",
            'é' | 'è' | 'ê' | 'ë' | 'ē' => b"e",
            'í' | 'ì' | 'î' | 'ï' | 'ī' => b"i",
            'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'ō' | 'º' => b"o",
            'ú' | 'ù' | 'û' | 'ü' | 'ū' => b"u",
            'ñ' => &[ENYE],
            'ç' => b"c",
            'ß' => b"ss",
            // Combining marks: a tilde makes an n with tilde, the others go.
            '\u{303}' => {
                if self.bytes[self.start..].last() == Some(&b'n') {
                    self.bytes.pop();
                    self.bytes.push(ENYE);
                }
                return;
            }
            '\u{300}'..='\u{36f}' => return,
            // No width: joiners, marks of direction, variation selectors, soft hyphens; and the apostrophe of print.
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => return,
            '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0000}'..='\u{e01ef}' => return,
            '’' | 'ʼ' => return,
            '…' => {
                self.mark(b"..");
                self.pause();
                return;
            }
            '¡' | '¿' | '“' | '”' | '«' | '»' | '—' | '–' | '\u{2028}' | '\u{2029}' => {
                self.pause();
                return;
            }
            // ASCII in full width.
            '\u{ff01}'..='\u{ff5e}' => {
                let narrow = (character as u32 - 0xfee0) as u8;
                match narrow {
                    b'a'..=b'z' | b'A'..=b'Z' => self.push(narrow.to_ascii_lowercase()),
                    b'0'..=b'9' => self.digit(),
                    _ => drop(self.punctuation(&[narrow], 0)),
                }
                return;
            }
            '\u{2190}'..='\u{2bff}' | '\u{3030}'..='\u{303d}' | '\u{1f000}'..='\u{1faff}' => {
                let mut room = [0; 4];
                let bytes = character.encode_utf8(&mut room).as_bytes();
                self.mark(bytes);
                return;
            }
            _ => {
                let lower = character.to_lowercase().next().unwrap_or(character);
                if lower != character {
                    self.capitals += 1;
                    self.beyond_ascii(lower);
                } else if character.is_alphanumeric() {
                    // A place is kept for the word, so that it can be dropped when it ends.
                    self.is_foreign = true;
                    self.push(b'?');
                } else {
                    self.end_word();
                }
                return;
            }
        };
        self.letters += 1;
        for letter in folded {
            self.push(*letter);
        }
    }
}

/// Bytes of a name behind `@`, with it: names of people are nothing to learn from.
fn name_length(bytes: &[u8], at: usize) -> usize {
    1 + bytes[at + 1..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count()
}

/// `text`, or its first `length` bytes at most, cut between characters.
fn beginning(text: &str, length: usize) -> &str {
    let end = if length >= text.len() { text.len() } else { length };
    let end = (0..=end).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[..end]
}

/// Folded bytes as a person reads them.
pub fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace(char::from(ENYE), "ñ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        let mut folded = Folded::default();
        folded.fold(text);
        let show = |token: &Token| match token.kind {
            TokenKind::Word => shown(folded.bytes(*token)),
            TokenKind::Mark => format!("<{}>", shown(folded.bytes(*token))),
            TokenKind::Break => "|".into(),
        };
        folded.tokens().iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_text_is_cut_into_words_marks_and_breaks() {
        for (text, tokens) in [
            ("", ""),
            ("¿Por qué NADIE contesta?", "por que nadie contesta <?> |"),
            ("mañana, Sen\u{303}or", "mañana | señor"),
            ("sooooo goood", "soo good"),
            ("I don't, didn’t", "i dont | didnt"),
            ("3 veces 1,200 b4", "0 veces 0 | 0 b0"),
            ("wow!!! hmm...", "wow <!!> | hmm <..> |"),
            ("ok :-) no :(", "ok <:)> no <:(>"),
            ("https://t.co/x @ana_1 hola", "https | t | co x hola"),
            ("👍🏽👍 ❤\u{fe0f}", "<👍> <❤>"),
            ("ma\u{200b}la  Straße", "mala strasse"),
            ("ｇｏｏｄ １２", "good 0"),
            ("مرحبا good привет", "good"),
            ("abcж", ""),
        ] {
            assert_eq!(folded(text), tokens, "{text}");
        }
    }

    #[test]
    fn scripts_that_are_not_known_are_counted() {
        let mut folded = Folded::default();
        folded.fold("مرحبا بالعالم ok 中文");
        assert_eq!((folded.foreign, folded.tokens().len()), (3, 1));
        folded.fold("HOLA a");
        assert_eq!((folded.foreign, folded.letters, folded.capitals), (0, 5, 4));
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let mut folded = Folded::default();
        folded.fold(&"é".repeat(1_000_000));
        assert_eq!(folded.tokens().len(), 1);
        folded.fold(&format!("x{}", "é ".repeat(1_000_000)));
        assert!(folded.tokens().len() <= LONGEST);
    }
}
