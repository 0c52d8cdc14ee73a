//! What reading a text costs: short texts whose words are mostly known already, words never seen before, the longest text
//! that counts; and what starting with the shipped model costs.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use churnwatch::offline::texts::{self, Choice};
use churnwatch::text::{LONGEST, Model, Scorer};
use criterion::{Criterion, Throughput};

/// Words of a short text.
const WORDS: usize = 12;
/// Short texts in a round.
const TEXTS: usize = 2_000;

/// Short texts, cut from the sentences of the tests and of the phrase book: some thousand different words.
fn short_texts() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/text");
    let files = [root.join("es.jsonl"), root.join("fil.jsonl")];
    let mut rows = texts::read(&files, &Choice::default()).expect("the repository has these files");
    rows.extend(churnwatch::text::phrasebook::rows(7).into_iter().step_by(7));
    let words: Vec<&str> = rows.iter().flat_map(|row| row.text.split_whitespace()).collect();
    words.chunks_exact(WORDS).take(TEXTS).map(|words| words.join(" ")).collect()
}

fn score(c: &mut Criterion) {
    let model = Arc::new(Model::shipped());
    let mut group = c.benchmark_group("text");
    let texts = short_texts();
    assert_eq!(texts.len(), TEXTS);
    let mut scorer = Scorer::new(model.clone());
    group.throughput(Throughput::Elements(TEXTS as u64));
    group.bench_function("short", |b| {
        b.iter(|| texts.iter().map(|text| scorer.score(black_box(text), None).sentiment()).sum::<f32>());
    });
    // Nothing of them is remembered: each word is another one.
    let strange: Vec<String> = (0..TEXTS as u64)
        .map(|text| {
            let word = |word: u64| format!("w{:x}", (text * 12 + word + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40);
            (0..WORDS as u64).map(word).collect::<Vec<_>>().join(" ")
        })
        .collect();
    group.bench_function("strange words", |b| {
        b.iter(|| strange.iter().map(|text| scorer.score(black_box(text), None).sentiment()).sum::<f32>());
    });
    let long = texts.join(" ");
    assert!(long.len() > LONGEST);
    group.throughput(Throughput::Elements(1));
    group.bench_function("longest", |b| b.iter(|| scorer.score(black_box(&long), None).sentiment()));
    group.bench_function("start", |b| b.iter(|| Scorer::new(Arc::new(Model::shipped())).model().fingerprint()));
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    score(&mut criterion);
    criterion.final_summary();
}
