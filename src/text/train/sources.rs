//! Where rows come from: which sources have neutral texts, and which are lists of words.

use super::Row;
use crate::text::features::{hash, pair};
use crate::text::fold::Folded;
use crate::text::reading::Sentiment;

/// The sources of the rows.
pub(super) struct Sources {
    pub(super) names: Vec<String>,
    /// Whether each has neutral texts.
    pub(super) neutral: Vec<bool>,
}

impl Sources {
    pub(super) fn of(rows: &[Row]) -> Sources {
        let mut sources = Sources { names: Vec::new(), neutral: Vec::new() };
        for row in rows {
            let index = match sources.names.iter().position(|name| *name == row.source) {
                Some(index) => index,
                None => {
                    sources.names.push(row.source.clone());
                    sources.neutral.push(false);
                    sources.names.len() - 1
                }
            };
            sources.neutral[index] |= row.sentiment == Some(Sentiment::Neutral);
        }
        sources
    }

    pub(super) fn index(&self, name: &str) -> usize {
        self.names.iter().position(|known| known == name).expect("every row's source is listed")
    }
}

/// Word lists: what each entry's hash says, by list.
pub(super) struct Lists {
    /// Hash of the entry, list, 1 or -1; sorted.
    pub(super) entries: Vec<(u32, u16, i8)>,
    pub(super) count: usize,
}

impl Lists {
    pub(super) fn of(rows: &[Row], sources: &Sources) -> Lists {
        let lists: Vec<usize> = (0..sources.names.len()).filter(|index| is_list(&sources.names[*index])).collect();
        let mut folded = Folded::default();
        let mut entries = Vec::new();
        for row in rows.iter().filter(|row| is_list(&row.source)) {
            let sign = match row.sentiment {
                Some(Sentiment::Positive) => 1,
                Some(Sentiment::Negative) => -1,
                Some(Sentiment::Neutral) | None => continue,
            };
            folded.fold(&row.text);
            let words: Vec<u32> = folded.tokens().iter().map(|token| hash(folded.bytes(*token))).collect();
            let hash = match words[..] {
                [one] => one,
                [first, second] => pair(first, second),
                _ => continue,
            };
            let source = sources.index(&row.source);
            let list = lists.iter().position(|list| *list == source).expect("it is a list");
            entries.push((hash, list as u16, sign));
        }
        entries.sort_unstable();
        entries.dedup_by_key(|entry| (entry.0, entry.1));
        Lists { entries, count: lists.len() }
    }

    pub(super) fn of_hash(&self, hash: u32) -> &[(u32, u16, i8)] {
        let start = self.entries.partition_point(|entry| entry.0 < hash);
        let length = self.entries[start..].partition_point(|entry| entry.0 == hash);
        &self.entries[start..start + length]
    }
}

/// A source that is a list of words.
pub(super) fn is_list(source: &str) -> bool {
    source.starts_with("lex_")
}
